# The only public door. Who answers which address stands here; the rest in the files included, found through vcl_path.
#
# What the rules know of a request is in variables that last as long as the request, restarts included:
#   kind      tile, catalogue, values, api, static, layers; empty: nothing is kept
#   layer     of a tile or a page of the catalogue
#   label     what an answer must carry to be right (versions.vcl)
#   wanted    data version that the client asked for
#   closer    the address has been checked
#   fresh     an old answer will not do
#   ahead     data version whose tile is looked for among those that were made before its publication
#   handed    this is the publisher who hands such a tile to the cache
#   stale     making it anew failed: an old answer will do
#   filled    the tile that is kept has features
#   next      address to go on with once the list of layers is here
#   asked     the list of layers has been asked for
#   purging   this is a PURGE
#   reason    why the request is refused, or where it is sent
#   allow     methods that would have been right

vcl 4.1;

import purge;
import std;
import var;
import xkey;

include "backends.vcl";
include "requests.vcl";
include "versions.vcl";
include "tiles.vcl";
include "answers.vcl";
include "refusals.vcl";

sub vcl_recv {
    # The most frequent question before all others: a tile in its one spelling. What is kept under an address was checked
    # when it was fetched; what is not comes here a second time.
    if (req.restarts == 0 && req.method == "GET" && !req.http.X-Refresh && !req.http.X-Ahead
        && req.url ~ "^/tiles/[a-z0-9_]+\.[a-z0-9_]+/\d+/\d+/\d+\.pbf(\?v=[0-9a-f]{1,64})?$"
        && std.integer(var.global_get("layers due"), 0) > std.time2integer(now, 0)) {
        set req.backend_hint = tileserv;
        var.set("kind", "tile");
        if (req.url ~ "\?") {
            call only_version;
        }
        return (hash);
    }
    # The same tile once more, made ahead.
    if (var.get("ahead") ~ "." && var.get("handed") != "yes") {
        return (hash);
    }
    if (req.restarts == 0 || var.get("closer") == "look") {
        call check_request;
        var.set("closer", "yes");
    }
    if (req.method == "PURGE") {
        call purge_tags;
    }

    # ----- addresses that only lack their slash
    if (req.url ~ "^/(api|admin|dashboards|tiles)(\?|$)") {
        var.set("reason", regsub(req.url, "^(/[a-z]+)", "\1/"));
        return (synth(701, "Moved Permanently"));
    }

    # ----- who answers; first match
    if (req.url ~ "^/tiles/") {
        call tiles;
    }
    if (req.url ~ "^/admin/") {
        set req.backend_hint = api;
        return (pass);
    }
    if (req.url ~ "^/(api|dashboards)/") {
        call backend_pages;
    }
    if (req.url ~ "^/sagui(/|\?|$)") {
        set req.backend_hint = frontend;
    } else {
        set req.backend_hint = nginx;
    }
    call only_read;
    var.set("kind", "static");
    # Files do not depend on what follows their name.
    set req.url = regsub(req.url, "\?.*$", "");
    call look_up;
}

# The API, the dashboards, what the map reads.
sub backend_pages {
    set req.backend_hint = api;
    # What monitoring asks must be of this moment. What the layers are is told to this cache only.
    if (req.url ~ "^/api/health/") {
        return (pass);
    }
    if (req.url ~ "^/api/edge/") {
        return (synth(404, "Not Found"));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    if (req.url ~ "^/api/values/") {
        var.set("kind", "values");
        call only_version;
        call look_up;
    }
    var.set("kind", "api");
    # One spelling for what is the same question.
    set req.url = regsuball(req.url, "(?i)([?&])(_|utm_[a-z]+|fbclid|gclid)=[^&]*", "\1");
    set req.url = regsub(regsuball(std.querysort(req.url), "\?&+", "?"), "\?$", "");
    call look_up;
}

# What is kept is looked at however old it is; vcl_hit (versions.vcl) decides whether it is shown.
sub look_up {
    # Public answers are the same for everybody.
    unset req.http.Cookie;
    unset req.http.Authorization;
    set req.grace = 7d;
    if (var.get("fresh") == "yes" && var.get("stale") != "yes" && std.healthy(req.backend_hint)) {
        set req.grace = 0s;
    }
    return (hash);
}

sub vcl_hash {
    hash_data(req.url);
    if (var.get("ahead") ~ ".") {
        hash_data("ahead " + var.get("ahead"));
    }
    # Answers of the backend hold absolute links; a tile or a file is the same under every name of this machine.
    if (var.get("kind") ~ "^(api|values|catalogue)$") {
        hash_data(req.http.Host);
        hash_data(req.http.X-Forwarded-Proto);
    }
    return (lookup);
}
