# The only public door: routing, caching and emptying the cache by layer.
# Back ends and the list of who may empty the cache are in backends.vcl, found through vcl_path.

vcl 4.1;

import std;
import xkey;

include "backends.vcl";

sub vcl_recv {
    if (req.restarts == 0) {
        unset req.http.X-Sagui-Kind;
        unset req.http.X-Sagui-Stale;
        unset req.http.X-Sagui-Reason;
        unset req.http.X-Sagui-Layers;
        unset req.http.X-Sagui-Purged;
    }

    if (req.method == "PURGE") {
        call purge_layers;
    }

    # ----- addresses that only lack their slash
    if (req.url ~ "^/(api|admin|dashboards|tiles)(\?|$)") {
        set req.http.X-Sagui-Reason = regsub(req.url, "^(/[a-z]+)", "\1/");
        return (synth(701, "Moved Permanently"));
    }

    # ----- who answers; first match
    if (req.url ~ "^/sagui(/|\?|$)") {
        set req.backend_hint = frontend;
    } else if (req.url ~ "^/tiles/") {
        set req.backend_hint = tileserv;
        call bound_staleness;
        call tiles;
    } else if (req.url ~ "^/(api|dashboards)/") {
        set req.backend_hint = api;
    } else if (req.url ~ "^/admin/") {
        set req.backend_hint = api;
        return (pass);
    } else {
        set req.backend_hint = nginx;
    }

    call bound_staleness;
}

# While the back end is well, an object past its time is shown only for the moment its refresh takes.
# While it is ill, the object's own grace counts.
sub bound_staleness {
    if (req.http.X-Sagui-Stale || !std.healthy(req.backend_hint)) {
        set req.grace = 7d;
    } else {
        set req.grace = 10s;
    }
}

# Only tile addresses that can exist, in one spelling each, reach the tile server.
sub tiles {
    if (req.method == "OPTIONS") {
        return (synth(704, "No Content"));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405, "Method Not Allowed"));
    }
    unset req.http.Cookie;
    unset req.http.Authorization;

    # The tile server's own options would let a caller choose how much work a tile is.
    if (req.url ~ "[?&](properties|limit|resolution|buffer|filter|filter-crs)=") {
        set req.http.X-Sagui-Reason = "tile options are not offered here";
        return (synth(400, "Bad Request"));
    }
    set req.url = regsub(req.url, "\?.*$", "");

    if (req.url ~ "^/tiles/[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*(,[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*){0,3}/(\d|1\d|2[0-2])/(0|[1-9]\d{0,6})/(0|[1-9]\d{0,6})\.\w{1,10}$") {
        set req.http.X-Sagui-Kind = "tile";
        set req.http.X-Sagui-Layers = regsuball(regsub(req.url, "^/tiles/([^/]+)/.*$", "\1"), ",", " ");
        # Every extension is the same tile.
        set req.url = regsub(req.url, "\.\w+$", ".pbf");
        call tile_exists;
        return (hash);
    }
    if (req.url ~ "^/tiles/(index\.(json|html)|health)?$"
        || req.url ~ "^/tiles/[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.(json|html)$") {
        set req.http.X-Sagui-Kind = "catalogue";
        return (hash);
    }
    if (req.url ~ "^/tiles/[^/]+/\d+/\d+/\d+\.\w+$") {
        set req.http.X-Sagui-Reason = "no such tile: zoom goes from 0 to 22, and x and y are numbers below 2^zoom";
        return (synth(400, "Bad Request"));
    }
    return (synth(404, "Not Found"));
}

# 400 unless x and y are below 2^zoom, which is looked up in a line of text: VCL has no powers.
sub tile_exists {
    set req.http.X-Sagui-Size = regsub(
        regsub(req.url, "^/tiles/[^/]+/(\d+)/.*$", "\1")
        + "| 0:1 1:2 2:4 3:8 4:16 5:32 6:64 7:128 8:256 9:512 10:1024 11:2048 12:4096 13:8192 14:16384 15:32768"
        + " 16:65536 17:131072 18:262144 19:524288 20:1048576 21:2097152 22:4194304",
        "^(\d+)\|.* \1:(\d+).*$", "\2");
    if (std.integer(regsub(req.url, "^/tiles/[^/]+/\d+/(\d+)/.*$", "\1"), 0) >= std.integer(req.http.X-Sagui-Size, 0)
        || std.integer(regsub(req.url, "^/tiles/[^/]+/\d+/\d+/(\d+)\..*$", "\1"), 0) >= std.integer(req.http.X-Sagui-Size, 0)) {
        set req.http.X-Sagui-Reason = "no such tile: x and y are numbers below 2^zoom";
        return (synth(400, "Bad Request"));
    }
    unset req.http.X-Sagui-Size;
}

# PURGE with `xkey-purge: <layers>`: their tiles are refreshed on the next request and shown meanwhile.
sub purge_layers {
    # Whatever came through another proxy is not one of us, whoever the proxy is.
    if (client.ip !~ purgers || req.http.X-Forwarded-For != "" + client.ip) {
        return (synth(403, "Forbidden"));
    }
    if (!req.http.xkey-purge) {
        set req.http.X-Sagui-Reason = "name the layers in the header xkey-purge";
        return (synth(400, "Bad Request"));
    }
    set req.http.X-Sagui-Purged = xkey.softpurge(req.http.xkey-purge);
    return (synth(200, "Purged"));
}

sub vcl_hash {
    hash_data(req.url);
    # A tile is the same under every name of this machine.
    if (req.http.X-Sagui-Kind != "tile") {
        hash_data(req.http.Host);
    }
    return (lookup);
}

sub vcl_backend_fetch {
    unset bereq.http.X-Sagui-Stale;
}

sub vcl_backend_response {
    set beresp.http.Served-By = beresp.backend.name;

    if (beresp.http.Content-Type ~ "^(text/|application/(json|javascript|xml|vnd\.mapbox-vector-tile|vnd\.oai\.openapi))|^image/svg") {
        set beresp.do_gzip = true;
    }

    if (bereq.http.X-Sagui-Kind) {
        set beresp.http.Access-Control-Allow-Origin = "*";
        unset beresp.http.Vary;
        unset beresp.http.Set-Cookie;
        # A failed refresh never replaces what is there; a failed fetch is looked up once more with full grace.
        if (beresp.status >= 500) {
            return (abandon);
        }
    }

    if (beresp.status >= 400) {
        set beresp.http.Cache-Control = "no-store";
        if (bereq.uncacheable || beresp.status >= 500 || bereq.method != "GET") {
            set beresp.uncacheable = true;
            set beresp.ttl = 0s;
        } else {
            set beresp.ttl = 5s;
        }
        set beresp.grace = 0s;
        call cache_facts;
        return (deliver);
    }

    if (bereq.http.X-Sagui-Kind == "tile") {
        set beresp.http.xkey = bereq.http.X-Sagui-Layers;
        set beresp.http.Cache-Control = "public, max-age=30";
        set beresp.ttl = 1h;
        set beresp.grace = 7d;
        # A tile that is empty by a fault must not stay so.
        if (beresp.http.Content-Length == "0") {
            set beresp.ttl = 60s;
            set beresp.grace = 60s;
        }
        call cache_facts;
        return (deliver);
    }

    # The catalogue is cheap to show and costly to make: asking for it makes the tile server read it anew.
    if (bereq.http.X-Sagui-Kind == "catalogue") {
        set beresp.http.xkey = "catalogue";
        set beresp.http.Cache-Control = "public, max-age=30";
        set beresp.ttl = 5m;
        set beresp.grace = 7d;
        if (bereq.url ~ "/health$") {
            set beresp.ttl = 1s;
            set beresp.grace = 0s;
        }
        call cache_facts;
        return (deliver);
    }

    if (!bereq.uncacheable && beresp.status == 200 && !beresp.http.Set-Cookie
        && beresp.http.Cache-Control !~ "(?i)(private|no-cache|no-store)") {
        set beresp.http.Cache-Control = "public, max-age=30";
        set beresp.ttl = 30s;
        set beresp.grace = 1h;
    }
    # Moved, gone, without content: answers of the moment.
    if (beresp.status != 200 && beresp.ttl > 5s) {
        set beresp.ttl = 5s;
    }
    call cache_facts;
}

sub cache_facts {
    set beresp.http.V-Cache-TTL = beresp.ttl;
    set beresp.http.V-Cache-Grace = beresp.grace;
}

sub vcl_backend_error {
    if (bereq.http.X-Sagui-Kind) {
        return (abandon);
    }
    set beresp.http.Content-Type = "text/plain; charset=utf-8";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "5";
    synthetic("This service is not available at the moment." + {"
"});
    return (deliver);
}

sub vcl_deliver {
    if (obj.hits > 0) {
        set resp.http.V-Cache = "HIT";
    } else {
        set resp.http.V-Cache = "MISS";
    }
    # Age counts the object's time in here, not at the client: with it, 30 s for the client would be over at once.
    set resp.http.V-Cache-Age = resp.http.Age;
    if (resp.http.Cache-Control == "public, max-age=30") {
        unset resp.http.Age;
    }
    unset resp.http.xkey;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
}

sub vcl_synth {
    # The tile server failed: an older tile, if there is one, is better than none.
    if (resp.status == 503 && req.http.X-Sagui-Kind && req.restarts == 0) {
        set req.http.X-Sagui-Stale = "yes";
        return (restart);
    }
    set resp.http.Cache-Control = "no-store";
    if (req.http.X-Sagui-Kind || req.url ~ "^/tiles/") {
        set resp.http.Access-Control-Allow-Origin = "*";
    }
    if (resp.status == 701) {
        set resp.status = 301;
        set resp.http.Location = req.http.X-Sagui-Reason;
        return (deliver);
    }
    if (resp.status == 704) {
        set resp.status = 204;
        set resp.http.Access-Control-Allow-Methods = "GET, HEAD, OPTIONS";
        set resp.http.Access-Control-Allow-Headers = "*";
        set resp.http.Access-Control-Max-Age = "86400";
        return (deliver);
    }
    if (resp.status == 405) {
        set resp.http.Allow = "GET, HEAD, OPTIONS";
    }
    if (resp.status == 503) {
        set resp.http.Retry-After = "5";
    }
    set resp.http.X-Purged = req.http.X-Sagui-Purged;
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    if (req.http.X-Sagui-Reason) {
        synthetic(resp.reason + ": " + req.http.X-Sagui-Reason + {"
"});
    } else {
        synthetic(resp.reason + {"
"});
    }
    return (deliver);
}
