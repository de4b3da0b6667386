/** Choices of this browser, not of the person. */
class Prefs {
  letters = $state(localStorage.getItem('santral.letters') !== 'off');
  folded = $state(localStorage.getItem('santral.rail') === 'folded');

  setLetters(on: boolean): void {
    this.letters = on;
    localStorage.setItem('santral.letters', on ? 'on' : 'off');
  }

  fold(folded: boolean): void {
    this.folded = folded;
    localStorage.setItem('santral.rail', folded ? 'folded' : 'open');
  }
}

export const prefs = new Prefs();
