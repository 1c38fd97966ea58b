// What the conformance suite uses of jasmine-core, which has no types of its own.
declare module 'jasmine-core' {
  export interface SpecResult {
    readonly fullName: string;
    readonly status: string;
    readonly failedExpectations: readonly { readonly message: string }[];
  }
  export interface Env {
    configure(options: {
      random?: boolean;
      forbidDuplicateNames?: boolean;
      specFilter?: (spec: { getFullName(): string }) => boolean;
    }): void;
    addReporter(reporter: { specDone(result: SpecResult): void }): void;
    execute(): Promise<unknown>;
  }
  const core: { readonly jasmine: { getEnv(): Env }; installGlobals(): void };
  export default core;
}
