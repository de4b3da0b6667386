/** The ring: made on the spot, so that nothing has to be loaded when the first call of the day comes. */

let audio: AudioContext | null = null;
let playing: { stop: () => void } | null = null;

/** Call from a click or a key press: browsers allow sound only then. */
export async function unlock(): Promise<boolean> {
  audio ??= new AudioContext();
  if (audio.state === 'suspended') await audio.resume().catch(() => {});
  return audio.state === 'running';
}

export const canSound = () => audio?.state === 'running';

/** One short double tone, to hear that it works. */
export function sample(): void {
  if (audio?.state === 'running') burst(audio, audio.currentTime + 0.02);
}

export function ring(): void {
  if (playing || audio?.state !== 'running') return;
  const context = audio;
  burst(context, context.currentTime + 0.02);
  const timer = setInterval(() => burst(context, context.currentTime + 0.02), 3000);
  playing = { stop: () => clearInterval(timer) };
}

export function silence(): void {
  playing?.stop();
  playing = null;
}

/** Two soft notes with a rounded start and end. */
function burst(context: AudioContext, at: number): void {
  for (const [index, pitch] of [659, 523, 659, 523].entries()) note(context, pitch, at + index * 0.16);
}

function note(context: AudioContext, pitch: number, at: number): void {
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.type = 'sine';
  oscillator.frequency.value = pitch;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.22, at + 0.015);
  volume.gain.setTargetAtTime(0, at + 0.1, 0.03);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.3);
}
