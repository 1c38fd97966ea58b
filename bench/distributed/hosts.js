// Hosts of one machine: network namespaces on a bridge, by iproute2. Needs root.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
/** Bytes that a host has sent. */
export const sent = (i) => {
  const path = `/sys/class/net/eth${i}/statistics/tx_bytes`;
  return Number(ip('netns', 'exec', `gptcli${i}`, 'cat', path).toString());
};

/** Hosts 10.77.0.1, .2 ... as namespaces on a bridge in one more. Those that a killed bench left are removed. */
export function makeHosts(count) {
  removeHosts(count);
  ip('netns', 'add', 'gptclibr');
  ip('-n', 'gptclibr', 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', 'gptclibr', 'link', 'set', 'br0', 'up');
  for (let i = 0; i < count; i++) {
    ip('netns', 'add', `gptcli${i}`);
    ip(
      'link',
      'add',
      `eth${i}`,
      'netns',
      `gptcli${i}`,
      'type',
      'veth',
      'peer',
      'name',
      `port${i}`,
      'netns',
      'gptclibr',
    );
    ip('-n', 'gptclibr', 'link', 'set', `port${i}`, 'master', 'br0', 'up');
    ip('-n', `gptcli${i}`, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', `eth${i}`);
    for (const device of [`eth${i}`, 'lo']) ip('-n', `gptcli${i}`, 'link', 'set', device, 'up');
  }
}

/** Takes a host's cable out. */
export const cutLink = (i) => ip('-n', 'gptclibr', 'link', 'set', `port${i}`, 'down');

export function removeHosts(count) {
  for (const name of ['gptclibr', ...Array.from({ length: count }, (_, i) => `gptcli${i}`)]) {
    if (existsSync(`/run/netns/${name}`)) ip('netns', 'del', name);
  }
}
