# What becomes of the back ends' answers: how long each kind is kept, with which label, and what a client sees of it.

vcl 4.1;

sub vcl_backend_fetch {
    # Kept in variables, so that no back end sees them.
    var.set("kind", bereq.http.X-Sagui-Kind);
    var.set("filled", bereq.http.X-Sagui-Filled);
    var.set("purge", var.global_get("purge"));
    # Fetching failed a moment ago and there is nothing older to show.
    if (bereq.http.X-Sagui-Stale == "yes" && !bereq.is_bgfetch) {
        return (error(503, "Service Unavailable"));
    }
    unset bereq.http.X-Sagui-Kind;
    unset bereq.http.X-Sagui-Filled;
    unset bereq.http.X-Sagui-Stale;
    var.set("ahead", bereq.http.X-Sagui-Ahead);
    unset bereq.http.X-Sagui-Ahead;
    unset bereq.http.xkey-purge;
    if (var.get("kind") == "tile") {
        # The label is read where the making begins: it never promises newer data than the tile holds. So is the number of the
        # list, and before the label: the list is written in the other order.
        var.set("list", var.global_get("list"));
        var.set("layer", regsub(bereq.url, "^/tiles/([^/]+)/.*$", "\1"));
        if (var.get("ahead") ~ ".") {
            var.set("label", "=" + var.get("ahead"));
            set bereq.url = bereq.url + "?edition=ahead";
        } else {
            var.set("label", regsub(
                var.get("layer") + "|" + var.global_get("layers"), "^([^|]+)\|.*\|\1=([^|]+)\|.*$", "=\2"));
        }
        unset bereq.http.If-None-Match;
        unset bereq.http.Cookie;
        unset bereq.http.Authorization;
    } else if (var.get("kind") == "layers") {
        set bereq.http.Host = "localhost";
        set bereq.first_byte_timeout = 5s;
    } else {
        var.set("label", "=" + var.global_get("purge of " + var.get("kind")));
    }
}

sub vcl_backend_response {
    set beresp.http.Served-By = beresp.backend.name;
    unset beresp.http.Server;
    unset beresp.http.X-Powered-By;
    if (beresp.http.Content-Type ~ "^(text/|application/(json|geo\+json|javascript|xml|octet-stream|vnd\.mapbox-vector-tile|vnd\.oai\.openapi))|^image/svg") {
        set beresp.do_gzip = true;
    }
    if (var.get("kind") !~ ".") {
        return (deliver);
    }
    if (var.get("kind") == "layers") {
        call answer_layers;
    }
    set beresp.http.X-Sagui-Label = var.get("label");

    # A failed making never replaces what is there: see vcl_synth (refusals.vcl). An address that got this far is right, so
    # a tile server that does not know it is one that fails.
    if (beresp.status >= 500 || (var.get("kind") == "tile" && beresp.status != 200 && beresp.status != 204)) {
        return (abandon);
    }
    if (beresp.status >= 300) {
        call answer_of_the_moment;
    }
    if (var.get("kind") == "tile") {
        call answer_tile;
    }
    # Nobody waits in line for what cannot be kept.
    if (beresp.http.Set-Cookie || beresp.http.Vary == "*" || beresp.http.Cache-Control ~ "(?i)(private|no-cache|no-store)") {
        set beresp.uncacheable = true;
        set beresp.ttl = 120s;
        return (deliver);
    }
    call answer_page;
}

# Moved, wrong question, not found: right now.
sub answer_of_the_moment {
    if (beresp.status >= 400) {
        set beresp.http.Cache-Control = "no-store";
    }
    if (beresp.http.Set-Cookie || beresp.status == 401 || beresp.status == 403 || beresp.status == 429) {
        set beresp.uncacheable = true;
        set beresp.ttl = 120s;
        return (deliver);
    }
    set beresp.ttl = 5s;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    call cache_facts;
    return (deliver);
}

# The list itself is kept in a variable, so nothing is lost when an answer is none.
sub answer_layers {
    # Read to its end first: then the connection is free for the tile that waits for the list.
    set beresp.do_stream = false;
    if (beresp.status != 200 || !beresp.http.X-Layers) {
        set beresp.status = 503;
        set beresp.ttl = 2s;
        set beresp.grace = 0s;
        return (deliver);
    }
    set beresp.ttl = 25s;
    set beresp.grace = 10m;
    # An answer under way during a purge may be older than the one that the purge waited for.
    if (!var.global_get("purge") || var.get("purge") == var.global_get("purge")) {
        if (beresp.http.X-Layers != var.global_get("layers")) {
            var.global_set("layers before", var.global_get("layers"));
            var.global_set("layers", beresp.http.X-Layers);
            var.global_set("list", bereq.xid);
        }
        var.global_set("layers due", "" + std.time2integer(now + 30s, 0));
    }
    return (deliver);
}

sub answer_tile {
    # Whole or not at all.
    set beresp.do_stream = false;
    unset beresp.http.Vary;
    unset beresp.http.Set-Cookie;
    unset beresp.http.ETag;
    unset beresp.http.Last-Modified;
    set beresp.http.Access-Control-Allow-Origin = "*";
    set beresp.http.Cache-Control = "public, max-age=30";
    set beresp.http.xkey = var.get("layer");
    # A tile depends on its address and the data version only.
    if (var.get("label") ~ "^=[^-]") {
        set beresp.http.X-Data-Version = regsub(var.get("label"), "^=", "");
        set beresp.http.ETag = {"W/""} + beresp.http.X-Data-Version + {"""};
        set beresp.http.X-Sagui-List = var.get("list");
        set beresp.ttl = 7d;
    } else {
        set beresp.ttl = 60s;
    }
    set beresp.grace = 7d;
    set beresp.keep = 0s;
    if (var.get("ahead") ~ ".") {
        # Its publication's purge is not meant for it.
        unset beresp.http.xkey;
        set beresp.ttl = 5m;
        set beresp.grace = 0s;
    }
    # Most tiles of the world are empty, but one that was not before may be so by a fault.
    if (beresp.status == 204 || beresp.http.Content-Length == "0") {
        set beresp.http.X-Sagui-Empty = "yes";
        if (var.get("filled") == "yes") {
            set beresp.ttl = 60s;
        }
    }
    call cache_facts;
    return (deliver);
}

sub answer_page {
    set beresp.do_stream = false;
    if (!beresp.http.xkey) {
        set beresp.http.xkey = var.get("kind");
    }
    set beresp.ttl = 30s;
    if (var.get("kind") == "values") {
        set beresp.ttl = 1d;
    } else if (var.get("kind") == "catalogue") {
        set beresp.ttl = 5m;
    } else if (var.get("kind") == "api") {
        set beresp.http.Cache-Control = "public, max-age=30";
    }
    set beresp.grace = 7d;
    call cache_facts;
    return (deliver);
}

sub cache_facts {
    set beresp.http.V-Cache-TTL = beresp.ttl;
    set beresp.http.V-Cache-Grace = beresp.grace;
}

sub vcl_deliver {
    if (var.get("kind") == "layers") {
        call layers_asked;
    }
    if (obj.hits > 0) {
        set resp.http.V-Cache = "HIT";
    } else {
        set resp.http.V-Cache = "MISS";
    }
    # Whoever names the version that the answer has may keep it for good.
    if (var.get("wanted") && resp.http.ETag == {"W/""} + var.get("wanted") + {"""}) {
        set resp.http.Cache-Control = "public, max-age=31536000, immutable";
    }
    if (resp.http.X-Sagui-Label) {
        # Only a hit that did not match anew has another one.
        if (obj.hits > 0 && var.get("label") ~ "." && resp.http.X-Sagui-Label != var.get("label")) {
            set resp.http.V-Cache-Stale = "yes";
        }
        # Age counts the time in here, not at the client: with it, what a client may keep for 30 s would be over at once.
        set resp.http.V-Cache-Age = resp.http.Age;
        unset resp.http.Age;
        unset resp.http.X-Sagui-Empty;
        unset resp.http.X-Sagui-Label;
        unset resp.http.X-Sagui-List;
        unset resp.http.xkey;
    }
    unset resp.http.Via;
    unset resp.http.X-Varnish;
}
