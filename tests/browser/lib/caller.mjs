// A caller: SIPp speaks SIP from tests/sipp/caller.xml, this file owns the sound and presses the keys (RFC 4733).
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scenario = fileURLToPath(new URL('../../sipp/caller.xml', import.meta.url));
const pcma = 8;
const telephoneEvent = 101;
const frame = 160;
const digits = '0123456789*#';

/** Calls `menu` at `sip` and presses `keys` one after the other, `wait` ms after the switch is first heard. */
export async function placeCall({ sip, menu, from, display = '', keys = '', wait = 1200, hold = 120_000 }) {
  const sound = await Sound.open(keys, wait);
  const uri = from.startsWith('sip:') ? from : `sip:${from}@127.0.0.1`;
  const folder = mkdtempSync(join(tmpdir(), 'santral-caller-'));
  const file = join(folder, 'caller.xml');
  // SIPp takes no keyword where it wants a number of milliseconds.
  writeFileSync(file, readFileSync(scenario, 'utf8').replace('timeout="[hold]"', `timeout="${hold}"`));
  const args = [sip, '-sf', file, '-s', menu, '-m', '1', '-i', '127.0.0.1', '-t', 'u1', '-nostdin'];
  args.push('-key', 'from', uri, '-key', 'display', display, '-key', 'rtp', String(sound.port), '-recv_timeout', String(hold));
  const child = spawn('sipp', args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TERM: 'dumb' } });
  let output = '';
  child.stdout.on('data', (piece) => (output += piece));
  child.stderr.on('data', (piece) => (output += piece));
  const ended = once(child, 'exit').then(([code]) => {
    sound.close();
    rmSync(folder, { recursive: true, force: true });
    return code;
  });
  return {
    /** SIPp's exit code once the call is over; 0 when both sides behaved. */
    ended,
    output: () => output,
    /** Gives up from outside, whatever the state. */
    async stop() {
      if (child.exitCode === null) child.kill('SIGUSR1');
      const late = setTimeout(() => child.kill('SIGKILL'), 4000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** A stream of quiet with keys in it. The switch speaks first, so we answer to where it speaks from. */
class Sound {
  constructor(socket, keys, wait) {
    this.socket = socket;
    this.port = socket.address().port;
    this.sequence = 1;
    this.timestamp = 0;
    this.keys = [...keys];
    this.wait = wait;
    this.peer = null;
    this.pressed = null;
    socket.on('message', (_, peer) => this.heard(peer));
  }

  static async open(keys, wait) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Sound(socket, keys, wait);
  }

  heard(peer) {
    if (this.peer) return;
    this.peer = peer;
    this.next = Date.now() + this.wait;
    this.timer = setInterval(() => this.tick(), 20);
  }

  tick() {
    this.timestamp += frame;
    if (this.pressed === null && this.keys.length > 0 && Date.now() >= this.next) {
      this.pressed = { key: digits.indexOf(this.keys.shift()), at: this.timestamp, length: 0, ends: 3 };
    }
    if (this.pressed) this.press();
    else this.send(pcma, this.timestamp, Buffer.alloc(frame, 0xd5), false);
  }

  /** Eight packets of key, then three that say its end. */
  press() {
    const one = this.pressed;
    const ending = one.length >= 8 * frame;
    if (!ending) one.length += frame;
    else one.ends -= 1;
    const body = Buffer.from([one.key, ending ? 0x8a : 0x0a, one.length >> 8, one.length & 0xff]);
    this.send(telephoneEvent, one.at, body, one.length === frame && !ending);
    if (one.ends > 0) return;
    this.pressed = null;
    this.next = Date.now() + 800;
  }

  send(type, timestamp, body, marker) {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = type | (marker ? 0x80 : 0);
    head.writeUInt16BE(this.sequence & 0xffff, 2);
    head.writeUInt32BE(timestamp >>> 0, 4);
    head.writeUInt32BE(0x5a5a0001, 8);
    this.sequence += 1;
    this.socket.send(Buffer.concat([head, body]), this.peer.port, this.peer.address);
  }

  close() {
    clearInterval(this.timer);
    this.socket.close();
  }
}
