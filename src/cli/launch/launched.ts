// A worker that launch started, when its launcher is gone: nobody hears it and nobody would end it, so it ends by itself.

/** Set in the environment of a launched worker. */
export const launchedVariable = 'GPT_CLI_LAUNCHED';

/** Milliseconds to finish the step and save. */
const grace = 60_000;

/**
 * Whether launch started this process. It is then stopped when the launcher dies, in whatever way.
 * @param stop asks it to finish its step and save
 */
export function followLauncher(stop: () => void): boolean {
  if (!process.env[launchedVariable]) return false;
  if (!process.connected) process.exit(130); // it was killed while we loaded
  process.once('disconnect', () => {
    setTimeout(() => process.exit(130), grace).unref();
    stop();
  });
  process.channel?.unref(); // the channel alone keeps no worker alive
  return true;
}
