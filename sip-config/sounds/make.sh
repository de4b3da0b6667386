#!/bin/sh
# Makes every sound of this folder anew: speech by espeak-ng, everything else by sox. The texts are the ones in README.md.
# 8,000 samples a second, mono, 16-bit, silence cut off at both ends, all equally loud.
#
#   apt-get install espeak-ng sox && ./make.sh
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p tr en music

# raw <file> <voice> <text>
raw() { espeak-ng -v "$2" -s 170 -p 45 -w "$1" "$3"; }

# telephone <out> <in>...: joins, cuts the silence off, leaves 60 ms of it, evens the loudness
telephone() {
  out=$1
  shift
  sox -R "$@" -r 8000 -c 1 -b 16 "$out" gain -3 highpass 150 lowpass 3600 \
    silence 1 0.01 0.3% fade 0.005 reverse silence 1 0.01 0.3% fade 0.01 reverse \
    norm -4 pad 0.02 0.06
}

# say <language> <name> <text>
say() {
  case $1 in tr) voice=tr ;; *) voice=en-gb ;; esac
  raw "$work/one.wav" "$voice" "$3"
  telephone "$1/$2.wav" "$work/one.wav"
}

say tr welcome  "Örnek Ticaret'e hoş geldiniz."
say tr notice   "Görüşmemiz, hizmet kalitesi için kaydedilmektedir."
say tr invalid  "Hatalı tuşlama yaptınız."
say tr closed   "Şu anda mesai saatleri dışındayız. Lütfen daha sonra tekrar arayınız."
say tr position "Sıradaki yeriniz:"
say tr transfer "Görüşmeniz aktarılıyor."
say tr busy     "Tüm temsilcilerimiz görüşmede. Lütfen hatta kalın."
say tr goodbye  "Bizi aradığınız için teşekkür ederiz. İyi günler."
raw "$work/tr.wav" tr "Destek için bire, satış için ikiye basın. Dahili numarayı biliyorsanız tuşlayın. Tekrar için dokuza basın."
raw "$work/en.wav" en-gb "For English, press star."
telephone tr/menu.wav "$work/tr.wav" "$work/en.wav"

say en welcome  "Welcome, and thank you for calling."
say en notice   "This call is recorded for quality purposes."
say en invalid  "That is not a valid choice."
say en closed   "Our offices are closed. Please call again during business hours."
say en position "Your position in the queue is:"
say en transfer "Your call is being transferred."
say en busy     "All our agents are busy. Please hold the line."
say en goodbye  "Thank you for calling. Goodbye."
raw "$work/en.wav" en-gb "For support, press one. For sales, press two. If you know the extension, dial it now. To repeat, press nine."
raw "$work/tr.wav" tr "Türkçe için yıldıza basın."
telephone en/menu.wav "$work/en.wav" "$work/tr.wav"

n=1
for words in bir/one iki/two üç/three dört/four beş/five altı/six yedi/seven sekiz/eight dokuz/nine on/ten \
  "on bir/eleven" "on iki/twelve" "on üç/thirteen" "on dört/fourteen" "on beş/fifteen" "on altı/sixteen" \
  "on yedi/seventeen" "on sekiz/eighteen" "on dokuz/nineteen" yirmi/twenty; do
  say tr "n$n" "${words%/*}"
  say en "n$n" "${words#*/}"
  n=$((n + 1))
done

# Music on hold: four broken chords (C, A minor, F, G), twelve seconds, each note a sine with its octave, dying away.
# Written for this program; it goes round without a seam.
set --
beat=0
for hertz in 261.63 329.63 392.00 523.25 659.26 523.25 392.00 329.63 \
  220.00 261.63 329.63 440.00 523.25 440.00 329.63 261.63 \
  174.61 220.00 261.63 349.23 440.00 349.23 261.63 220.00 \
  196.00 246.94 293.66 392.00 493.88 392.00 293.66 246.94; do
  start=$(awk "BEGIN { print $beat * 0.375 }")
  length=$(awk "BEGIN { left = 12 - $start; print (left < 1.5) ? left : 1.5 }")
  octave=$(awk "BEGIN { print $hertz * 2 }")
  sox -R -n -r 8000 -b 16 -c 2 "$work/two.wav" synth "$length" sine "$hertz" sine "$octave" gain -12
  sox -R "$work/two.wav" -c 1 "$work/note$beat.wav" remix 1v0.8,2v0.2 fade l 0.008 "$length" "$(awk "BEGIN { print $length - 0.01 }")" pad "$start"
  set -- "$@" "$work/note$beat.wav"
  beat=$((beat + 1))
done
sox -R -m "$@" -r 8000 -b 16 -c 1 music/hold.wav trim 0 12 lowpass 3400 norm -12
