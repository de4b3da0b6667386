#!/bin/sh
# Makes the voices of the demo anew: what its agent and its caller say, in Turkish and English, by espeak-ng and sox.
# 8,000 samples a second, mono, 16-bit, each sentence followed by 0.7 s of silence: the seeded recordings are cut there.
#
#   apt-get install espeak-ng sox && ./make.sh
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# voice <out> <espeak voice> <speed> <sentence>...
voice() {
  out=$1 who=$2 speed=$3
  shift 3
  n=10
  for sentence in "$@"; do
    espeak-ng -v "$who" -s "$speed" -w "$work/raw.wav" "$sentence"
    sox -R "$work/raw.wav" -r 8000 -c 1 -b 16 "$work/$n.wav" gain -3 highpass 150 lowpass 3600 \
      silence 1 0.01 0.3% fade 0.005 reverse silence 1 0.01 0.3% fade 0.01 reverse norm -5 pad 0 0.7
    n=$((n + 1))
  done
  sox -R "$work"/[0-9]*.wav "$out"
  rm -f "$work"/[0-9]*.wav
}

mkdir -p tr en
voice tr/agent.wav tr+f3 165 "Örnek Ticaret, buyurun." "Hemen bakıyorum, bir saniye lütfen." \
  "Siparişiniz yarın öğleden sonra teslim edilecek." "Elbette, not aldım." "Başka bir isteğiniz var mı?" "İyi günler dilerim."
voice tr/caller.wav tr+m3 170 "İyi günler, siparişimi sormak istiyorum." "Sipariş numaram beş bin iki yüz yirmi." \
  "Anladım, teşekkür ederim." "Faturayı e-posta ile gönderebilir misiniz?" "Hayır, bu kadar." "Size de iyi günler."
voice en/agent.wav en-gb+f3 165 "Sample Trading, how can I help?" "Let me look, one moment please." \
  "Your order will be delivered tomorrow afternoon." "Of course, I have made a note." "Is there anything else?" "Have a good day."
voice en/caller.wav en-gb+m3 170 "Good morning, I would like to ask about my order." "The order number is five two two zero." \
  "I see, thank you very much." "Could you send me the invoice by e-mail?" "No, that is all." "Goodbye."
