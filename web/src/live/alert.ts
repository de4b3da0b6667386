/** What rings outside the page's own pixels: title, favicon and the system's notification. */

let shown: Notification | null = null;

export function title(text: string, ringing: boolean): void {
  document.title = text;
  const icon = document.getElementById('favicon');
  icon?.setAttribute('href', ringing ? '/favicon-ringing.svg' : '/favicon.svg');
}

export function askToNotify(): void {
  if ('Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
}

/** One per call; it goes away when the call is answered anywhere. */
export function notify(call: string, heading: string, body: string): void {
  dismiss();
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  try {
    shown = new Notification(heading, { tag: call, body, requireInteraction: true, silent: true });
  } catch {
    return;
  }
  shown.onclick = () => {
    window.focus();
    dismiss();
  };
}

export function dismiss(): void {
  shown?.close();
  shown = null;
}
