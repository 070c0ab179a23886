using System.Net;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Attacks;
using McpDevBench.EndToEndTests.Browsers;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// A browser on the user's machine reaches the server, and any web page can make it send requests. No page calls anything, and nothing that
/// a workspace wrote is ever run where it could.
/// </summary>
[Collection(Alone.Name)]
public sealed class BrowserTests
{
    private static readonly (string Name, string Value)[] _headers =
    [
        ("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
    ];

    private static readonly HashSet<string> _attacks =
    [
        "ran via iframe as x.html", "ran via sandbox as x.html", "ran via object as x.html", "ran via embed as x.html",
        "ran via iframe as x.svg", "ran via iframe as x.xhtml", "ran via iframe as noext", "ran via form as x.html",
        "ran via popup as x.html", "ran via script", "ran via module", "ran via style", "read via image", "read via fetch cors",
        "called as text/plain", "called as application/json", "called via websocket", "called via eventsource", "written via put", "done",
    ];

    [Fact]
    [Attack("a web page in Chromium, against files, tools and metrics")]
    public async Task No_page_of_another_port_calls_the_server_or_runs_a_workspaces_files_in_a_real_browser()
    {
        await using var site = new AttackerSite();
        const string call =
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"spawn","arguments":{"alias":"owned"}},"a":"="}""";
        // Where nothing stops them, all of these attacks work; on a busy machine not all of them in the time of one page.
        var harm = new HashSet<string>();
        for (var pages = 0; pages < 5 && !harm.IsSupersetOf(_attacks); pages++)
        {
            await Chromium.Open(site.AttackOn(site.Address, "/files", call));
            harm.UnionWith(site.TakeSeen());
        }
        Assert.Superset(_attacks, harm);
        await Chromium.Open(site.JumpTo(site.Address + "/files?path=x.html&via=jump"));
        Assert.Contains("ran via jump as x.html", site.TakeSeen());

        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        foreach (var (name, file) in site.Files)
            await workspace.Write(name, file.Content);
        var before = Records(server).Count;
        var target = server.BaseAddress.ToString().TrimEnd('/');
        await Chromium.Open(site.AttackOn(target, $"/workspaces/{workspace.Id}/files", call));
        foreach (var name in site.Files.Keys)
        {
            var address = $"{target}/workspaces/{workspace.Id}/files?path={name}&via=typed";
            await Chromium.Open(site.JumpTo(address));
            Assert.Contains("forbidden", await Chromium.Open(address));
        }
        // DNS rebinding: a name of the attacker that leads here.
        Assert.Contains(
            "forbidden", await Chromium.Open($"http://rebound.example:{server.Port}/workspaces/{workspace.Id}/files?path=x.html"));
        Assert.Equal(["done"], site.TakeSeen());
        var records = Records(server)[before..];
        Assert.True(records.Count > 20, $"only {records.Count} requests reached the server");
        Assert.All(records, record => Assert.Equal("denied", (string?)record["result"]));
        Assert.Contains(records, record => (string?)record["target"] == $"Host: rebound.example:{server.Port}");
        AttackFigures.Add($"{harm.Count} ways without protection");
        AttackFigures.Add($"{records.Count} requests denied");
        Assert.Single((await assistant.ListContainers()).Containers);
        await Refused.With("file_not_found", () => workspace.Read("owned-by-put"));
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_is_a_client_in_a_real_browser_and_one_of_another_origin_is_not()
    {
        await using var allowed = new AttackerSite();
        await using var other = new AttackerSite();
        await using var server = await ServerProcess.Started(("MCP_ALLOWED_ORIGINS", allowed.Address));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var (target, file) = (server.BaseAddress.ToString().TrimEnd('/'), $"/workspaces/{workspace.Id}/files?path=page.txt");
        await Chromium.Open(other.ClientOf(target, file));
        Assert.Equal(
            [
                "delete blocked", "done", "earlier session blocked", "get blocked", "ping blocked", "put blocked", "stale blocked",
                "stream blocked",
            ],
            other.TakeSeen());
        await Refused.With("file_not_found", () => workspace.Read("page.txt"));
        await Chromium.Open(allowed.ClientOf(target, file));
        Assert.Equal(
            [
                "delete blocked", "done", "earlier session 404", "get from a page true", "ping 200 true", "put 200", "stale 412",
                "stream 405",
            ],
            allowed.TakeSeen());
        Assert.Equal("from a page", (await workspace.Read("page.txt")).Content);
    }

    [Fact]
    [Attack("what a workspace wrote as a page on the server's origin")]
    public async Task Every_answer_of_every_listener_is_nothing_that_a_browser_shows_or_lends()
    {
        var metrics = Ports.Free();
        await using var server = await ServerProcess.Started(("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_PORT", $"{metrics}"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("page.html", "<script>alert(1)</script>");
        var etag = (await workspace.Stat("page.html")).Etag;
        var files = $"workspaces/{workspace.Id}/files?path=";
        foreach (var (method, path, status, headers) in new (string, string, HttpStatusCode, (string, string)[])[]
        {
            ("GET", files + "page.html", HttpStatusCode.OK, []),
            ("HEAD", files + "page.html", HttpStatusCode.OK, []),
            ("GET", files + "page.html", HttpStatusCode.PartialContent, [("Range", "bytes=0-3")]),
            ("GET", files + "page.html", HttpStatusCode.NotModified, [("If-None-Match", $"\"{etag}\"")]),
            ("GET", files + "page.html", HttpStatusCode.RequestedRangeNotSatisfiable, [("Range", "bytes=99-")]),
            ("GET", files + "page.html", HttpStatusCode.PreconditionFailed, [("If-Match", "\"other\"")]),
            ("GET", files + "%3Cscript%3E.html", HttpStatusCode.NotFound, []),
            ("GET", files + "..%2Fx.html", HttpStatusCode.Forbidden, []),
            ("GET", files + "&format=tar", HttpStatusCode.OK, []),
            ("GET", files + "&format=%3Cscript%3E", HttpStatusCode.BadRequest, []),
            ("PUT", files + "new.html", HttpStatusCode.OK, []),
            ("GET", "", HttpStatusCode.OK, []),
            ("GET", "health/ready", HttpStatusCode.OK, []),
            ("GET", "nowhere", HttpStatusCode.NotFound, []),
            ("GET", "mcp", HttpStatusCode.MethodNotAllowed, []),
            ("POST", "mcp", HttpStatusCode.BadRequest, [("Content-Type", "application/json")]),
            ("GET", $"http://127.0.0.1:{metrics}/metrics", HttpStatusCode.OK, []),
            ("GET", $"http://127.0.0.1:{metrics}/nowhere", HttpStatusCode.NotFound, []),
        })
        {
            using var answer = await Send(server, method, path, headers);
            Assert.True(status == answer.StatusCode, $"{method} {path}: {answer.StatusCode}");
            foreach (var (name, value) in _headers)
                Assert.True(Header(answer, name) == value, $"{method} {path} {status}: {name}: {Header(answer, name)}");
            Assert.DoesNotContain("html", answer.Content.Headers.ContentType?.MediaType ?? "", StringComparison.Ordinal);
            if (path.StartsWith(files, StringComparison.Ordinal) && method == "GET" && answer.IsSuccessStatusCode)
                Assert.StartsWith("attachment; filename=", Header(answer, "Content-Disposition"), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Attack("requests as browsers send them, from other sites and from none")]
    public async Task A_browser_needs_more_than_to_be_on_the_machine()
    {
        var metrics = Ports.Free();
        await using var server = await ServerProcess.Started(
            ("MCP_METRICS_ENABLED", "true"), ("MCP_METRICS_PORT", $"{metrics}"), ("MCP_ALLOWED_ORIGINS", "https://bench.example"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("x.txt", "x");
        var own = server.BaseAddress.ToString().TrimEnd('/');
        var file = $"workspaces/{workspace.Id}/files?path=x.txt";
        var scrape = $"http://127.0.0.1:{metrics}/metrics";
        foreach (var (path, status, headers) in new (string, HttpStatusCode, (string, string)[])[]
        {
            // Programs, among them Node's fetch.
            (file, HttpStatusCode.OK, []),
            (file, HttpStatusCode.OK, [("User-Agent", "node"), ("Sec-Fetch-Mode", "cors")]),
            (scrape, HttpStatusCode.OK, [("User-Agent", "Prometheus/3.5.0")]),
            ("health/ready", HttpStatusCode.OK, [("Sec-Fetch-Site", "none"), ("User-Agent", "Mozilla/5.0")]),
            // Pages of others.
            (file, HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "cross-site")]),
            (file, HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "same-site"), ("X-Requested-With", "x")]),
            ("", HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "same-site")]),
            ("health/ready", HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "cross-site")]),
            ("mcp", HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "cross-site")]),
            ("mcp", HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "cross-site"), ("Origin", own)]),
            (scrape, HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "cross-site")]),
            (scrape, HttpStatusCode.Forbidden, [("Origin", "https://evil.example")]),
            (scrape, HttpStatusCode.MisdirectedRequest, [("Host", "evil.example")]),
            // A browser without proof, whichever way it shows what it is.
            (file, HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "none")]),
            (file, HttpStatusCode.Forbidden, [("Sec-Fetch-Site", "same-origin")]),
            (file, HttpStatusCode.Forbidden, [("Origin", own)]),
            (file, HttpStatusCode.Forbidden, [("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")]),
            // With it.
            (file, HttpStatusCode.OK, [("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "fetch")]),
            (
                file, HttpStatusCode.OK,
                [("Origin", "https://bench.example"), ("Sec-Fetch-Site", "cross-site"), ("X-Requested-With", "fetch")]),
        })
        {
            using var answer = await Send(server, "GET", path, headers);
            Assert.True(status == answer.StatusCode, $"{path} {string.Join(' ', headers)}: {answer.StatusCode}");
        }
        Assert.Contains(
            Records(server),
            record => (string?)record["target"] == "Sec-Fetch-Site: cross-site" && (string?)record["event_type"] == "auth.denied");
    }

    private static async Task<HttpResponseMessage> Send(
        ServerProcess server, string method, string path, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.BaseAddress, path));
        if (method is "POST" or "PUT")
            request.Content = new StringContent("{");
        foreach (var (name, value) in headers)
        {
            if (name == "Content-Type")
                request.Content!.Headers.ContentType = new(value);
            else
                Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }
        return await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values)
            || answer.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    private static List<JsonNode> Records(ServerProcess server) =>
        [.. File.ReadAllLines(Path.Combine(server.Folder, "audit.log")).Select(line => JsonNode.Parse(line)!)];
}
