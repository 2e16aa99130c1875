# What every request must be like before anybody looks at its address.

vcl 4.1;

sub check_request {
    # Varnish would open a pipe for any other method.
    if (req.method !~ "^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE|PURGE)$") {
        var.set("allow", "GET, HEAD, OPTIONS");
        return (synth(405, "Method Not Allowed"));
    }
    if (req.url ~ ".{4001}") {
        var.set("reason", "the address is too long");
        return (synth(400, "Bad Request"));
    }
    # Control characters, plain or encoded, encodings that are none, and what should have been encoded.
    if (req.url !~ "^/" || req.url ~ "[^\x21-\x7e]|%[01]|%7[fF]|%(?![0-9A-Fa-f]{2})") {
        var.set("reason", "the address is malformed");
        return (synth(400, "Bad Request"));
    }
    set req.http.Host = std.tolower(req.http.Host);
    if (req.http.Host !~ "^([a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$" || req.http.Host ~ ".{256}") {
        var.set("reason", "the host name is malformed");
        return (synth(400, "Bad Request"));
    }
    if (req.http.X-Forwarded-Proto && req.http.X-Forwarded-Proto != "https") {
        unset req.http.X-Forwarded-Proto;
    }
    unset req.http.X-Forwarded-Host;
    # Whoever publishes may ask for the new answer itself instead of the one that is shown while it is made, and hand over tiles
    # before they are published.
    if (client.ip ~ purgers && req.http.X-Forwarded-For == "" + client.ip) {
        if (req.http.X-Refresh) {
            var.set("fresh", "yes");
        }
        if (req.http.X-Ahead) {
            var.set("handed", "yes");
        }
    }
    unset req.http.X-Refresh;
    unset req.http.X-Ahead;
}

sub only_read {
    if (req.method != "GET" && req.method != "HEAD") {
        var.set("allow", "GET, HEAD");
        return (synth(405, "Method Not Allowed"));
    }
}

# The one parameter of tiles and values: the version that the client was told of. It never makes another answer.
sub only_version {
    if (req.url !~ "^[^?]*(\?(v=[0-9a-f]{1,64})?)?$") {
        var.set("reason", "v, a data version, is the only parameter here");
        return (synth(400, "Bad Request"));
    }
    if (req.url ~ "\?v=") {
        var.set("wanted", regsub(req.url, "^.*\?v=", ""));
    }
    set req.url = regsub(req.url, "\?.*$", "");
}
