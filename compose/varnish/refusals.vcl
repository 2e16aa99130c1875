# Answers that no back end gave: refusals, and what is said while nothing can be had.

vcl 4.1;

sub vcl_backend_error {
    if (var.get("kind") ~ ".") {
        if (bereq.http.X-Sagui-Stale != "yes" && var.get("kind") != "layers") {
            return (abandon);
        }
        # Whoever waited for the same is told at once, instead of asking a failing back end in turn.
        set beresp.ttl = 2s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
    }
    set beresp.status = 503;
    set beresp.reason = "Service Unavailable";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "5";
    if (var.get("kind") ~ "^(tile|catalogue|values)$") {
        set beresp.http.Access-Control-Allow-Origin = "*";
    }
    if (var.get("kind") ~ "^(api|values)$") {
        set beresp.http.Content-Type = "application/json";
        set beresp.body = {"{"detail": "This service is not available at the moment.", "title": "Service Unavailable", "status": 503}
"};
    } else {
        set beresp.http.Content-Type = "text/plain; charset=utf-8";
        set beresp.body = {"This service is not available at the moment.
"};
    }
    return (deliver);
}

sub vcl_synth {
    # Making it anew failed: an older answer, if there is one, is better than none.
    if (resp.status == 503 && var.get("kind") ~ "." && var.get("kind") != "layers"
        && var.get("stale") != "yes" && var.get("handed") != "yes" && req.restarts < 6) {
        var.set("stale", "yes");
        return (restart);
    }
    set resp.http.Cache-Control = "no-store";
    unset resp.http.Server;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    if (req.url ~ "^/(tiles|api/values)/") {
        set resp.http.Access-Control-Allow-Origin = "*";
    }
    if (resp.status == 701) {
        set resp.status = 301;
        set resp.http.Location = var.get("reason");
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
        set resp.http.Allow = var.get("allow");
    }
    if (resp.status == 503) {
        set resp.http.Retry-After = "5";
    }
    if (var.get("purging") == "yes") {
        if (resp.status == 503) {
            var.set("reason", "the versions of the layers cannot be read now");
        }
        set resp.http.X-Purged = var.get_int("purged");
    }
    if (var.get("reason") ~ ".") {
        var.set("reason", resp.reason + ": " + var.get("reason"));
    } else {
        var.set("reason", resp.reason);
    }
    # The API speaks JSON, errors included.
    if (req.url ~ "^/api/") {
        set resp.http.Content-Type = "application/json";
        set resp.body = {"{"detail": ""} + var.get("reason") + {"", "title": ""} + resp.reason
            + {"", "status": "} + resp.status + {"}
"};
    } else {
        set resp.http.Content-Type = "text/plain; charset=utf-8";
        set resp.body = var.get("reason") + {"
"};
    }
    return (deliver);
}
