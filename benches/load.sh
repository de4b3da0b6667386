#!/usr/bin/env bash
# What a call costs: the real daemon with real phones, its CPU by thread. See benches/README.md.
# usage: benches/load.sh SANTRAL SCENARIOS [RATE CALLS HOLD_MS]
set -euo pipefail
santral=$(realpath "$1")
scenarios=$(realpath "$2")
rate=${3:-5} calls=${4:-20} hold=${5:-20000}
here=$(realpath "$(dirname "$0")/..")
http=18080 sip=15060 agent_port=15090
agents=$((calls + 10))
secret=loopback-only-secret-of-a-bench password='correct horse battery'

work=$(mktemp -d)
daemon=
cleanup() {
  [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
config=$work/sip-config
mkdir "$work/data"

# ---- a business with one queue and as many agents as calls -----------------------------------------------------------
"$santral" init "$config" >/dev/null
sed -i -e "s/127.0.0.1:8080/127.0.0.1:$http/" -e "s/0.0.0.0:5060/127.0.0.1:$sip/" \
  -e 's/guests_from_loopback = false/guests_from_loopback = true/' -e 's/^max_calls .*/max_calls = 1000/' \
  -e 's/20000-20999/21000-24999/' -e 's/^drain .*/drain = "2s"/' "$config/santral.toml"
members=
: >"$config/extensions.toml"
for n in $(seq 201 $((200 + agents))); do
  printf '[extension.%s]\nname = "Agent %s"\nuser = "agent%s"\nsecret = "%s"\n\n' "$n" "$n" "$n" "$secret" \
    >>"$config/extensions.toml"
  members+="{ ext = \"$n\" }, "
done
cat >"$config/queues/destek.toml" <<QUEUE
[queue.destek]
name = { tr = "Destek", en = "Support" }
strategy = "longest-idle"
members = [${members%, }]
ring = "20s"
wrap_up = "1s"
max_len = 300
music = "hold.wav"
record = "all"
overflow = "hangup"
overflow_when_empty = false
QUEUE
rm "$config/queues/satis.toml"
sed -i 's/queue:satis/queue:destek/' "$config/ivr/ana-menu.toml"
for n in $(seq 201 $((200 + agents))); do
  printf '%s\n' "$password" |
    "$santral" user add "agent$n" --extension "$n" --config "$config" --data "$work/data" >/dev/null
done

# ---- run it, phones registered, everybody at work --------------------------------------------------------------------
"$santral" serve --config "$config" --data "$work/data" >/dev/null 2>"$work/log" &
daemon=$!
for _ in $(seq 100); do curl -fs "http://127.0.0.1:$http/health" >/dev/null && break; sleep 0.1; done
{
  echo SEQUENTIAL
  for n in $(seq 201 $((200 + agents))); do echo "$n;[authentication username=$n password=$secret]"; done
} >"$work/phones.csv"
(cd "$work" && sipp "127.0.0.1:$sip" -sf "$here/tests/sipp/register_many.xml" -inf phones.csv -m "$agents" -r 50 \
  -i 127.0.0.1 -p 15070 -key contact_port "$agent_port" -nostdin >"$work/register" 2>&1)
for n in $(seq 201 $((200 + agents))); do
  csrf=$(curl -fs -c "$work/cookie" -H 'Content-Type: application/json' \
    -d "{\"name\":\"agent$n\",\"password\":\"$password\"}" "http://127.0.0.1:$http/api/v1/session" |
    sed 's/.*"csrf":"\([^"]*\)".*/\1/')
  curl -fs -b "$work/cookie" -H 'Content-Type: application/json' -H "X-Santral-CSRF: $csrf" \
    -d '{"status":"available"}' "http://127.0.0.1:$http/api/v1/agents/me/status"
done

# ---- what each thread spent, in milliseconds; threads of one name together -------------------------------------------
spent() {
  for task in /proc/"$daemon"/task/*; do
    printf '%s %s\n' "$(cut -d' ' -f1 "$task/schedstat")" "$(tr ' ' _ <"$task/comm")"
  done | awk '{ms[$2] += $1 / 1e6} END {for (name in ms) print name, ms[name]}' | sort
}
difference() { join "$1" "$2" | awk -v per="$3" '{printf "  %-16s %9.3f ms\n", $1, ($3 - $2) / per}'; }

echo "idle for 5 s, per second:"
spent >"$work/before"; sleep 5; spent >"$work/after"
difference "$work/before" "$work/after" 5
cp -r "$scenarios" "$work/bench"
sleep 1

echo "recorded calls, $rate a second, $calls in all, $hold ms each:"
spent >"$work/before"
"$work/bench/recorded.sh" "$daemon" "127.0.0.1:$sip" "$rate" "$calls" "$hold" 500 "$agent_port"
spent >"$work/after"
echo "of that per second of a call:"
difference "$work/before" "$work/after" "$(awk -v c="$calls" -v h="$hold" 'BEGIN {print c * h / 1000}')"
echo "recordings made: $(find "$work/data" -name '*.wav' | wc -l)"

echo "answered and hung up, 20 a second, 200 in all:"
spent >"$work/before"
"$work/bench/signal.sh" "$daemon" "127.0.0.1:$sip" 20 200 500
spent >"$work/after"
echo "of that per call:"
difference "$work/before" "$work/after" 200
