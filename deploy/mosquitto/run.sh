#!/bin/sh
# The broker of docker-compose.yml. Joins the platform's own accounts (SEED, made by deploy/prepare.py) with those of the
# devices (DEVICES, written by ingest while the broker runs), and has Mosquitto read them again when either changed.
set -eu
seed=${SEED:-/mosquitto/seed} devices=${DEVICES:-/mosquitto/devices} auth=${AUTH:-/mosquitto/auth}
conf=${CONF:-/mosquitto/config/mosquitto.conf} mosquitto=${MOSQUITTO:-mosquitto} every=${EVERY:-2} port=${TLS_PORT:-8883}
own() { chown "$1" "$2" 2>/dev/null || true; }

join() { # succeeds when a file changed
    changed=1
    for name in passwd acl; do
        cat "$seed/$name" > "$auth/$name.new"
        if [ -f "$devices/$name" ]; then cat "$devices/$name" >> "$auth/$name.new"; fi
        if cmp -s "$auth/$name.new" "$auth/$name"; then rm "$auth/$name.new"; continue; fi
        chmod 600 "$auth/$name.new"; own mosquitto "$auth/$name.new"
        mv "$auth/$name.new" "$auth/$name"; changed=0
    done
    return $changed
}

mkdir -p "$auth" "$devices"
own 10001 "$devices" # the user of the platform's image
join || true
cp "$conf" "$auth/mosquitto.conf"
if [ -f "$seed/server.crt" ]; then
    for name in server.crt server.key; do
        cp "$seed/$name" "$auth/$name"; chmod 600 "$auth/$name"; own mosquitto "$auth/$name"
    done
    # Whoever comes from outside is called as its account: nobody takes over the session of another.
    printf 'listener %s\nuse_username_as_clientid true\ncertfile %s\nkeyfile %s\n' \
        "$port" "$auth/server.crt" "$auth/server.key" >> "$auth/mosquitto.conf"
fi
"$mosquitto" -c "$auth/mosquitto.conf" &
broker=$!
trap 'kill -TERM $broker' TERM INT
while kill -0 $broker 2>/dev/null; do
    if join; then kill -HUP $broker; fi
    sleep "$every" & wait $! || true
done
wait $broker
