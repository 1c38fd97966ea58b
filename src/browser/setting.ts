// Stands in for config/setting.ts in a page: settings with their defaults, without the schemas that check flags and files.

function withDefault<T>({ default: value }: { readonly default: T }): { readonly default: T } {
  return { default: value };
}

export const integer = withDefault<number>;
export const real = withDefault<number>;
