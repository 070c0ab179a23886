using System.Net;
using System.Text;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Browsers;

/// <summary>
/// A web site on another port of this machine: the page that attacks, what that page and its traps report, and an unprotected double of
/// the server, which shows that each attack works where nothing stops it.
/// </summary>
internal sealed class AttackerSite : IAsyncDisposable
{
    private static readonly string _attack = Page("attack.html"), _client = Page("client.html");

    private readonly HttpListener _listener = new();
    private readonly HashSet<string> _seen = [];
    private readonly Dictionary<string, (string Type, byte[] Content)> _traps;
    private readonly Task _serving;

    public AttackerSite()
    {
        Address = $"http://127.0.0.1:{Ports.Free()}";
        _traps = Traps.All(Address);
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address { get; }

    public IReadOnlyDictionary<string, (string Type, byte[] Content)> Files => _traps;

    /// <summary>What has been reported since the last call, in order.</summary>
    public IReadOnlyList<string> TakeSeen()
    {
        lock (_seen)
        {
            string[] taken = [.. _seen.Order(StringComparer.Ordinal)];
            _seen.Clear();
            return taken;
        }
    }

    public string AttackOn(string target, string files, string call) =>
        $"{Address}/attack?target={Uri.EscapeDataString(target)}&files={Uri.EscapeDataString(files)}&call={Uri.EscapeDataString(call)}";

    /// <summary>A page with a client of the server.</summary>
    public string ClientOf(string target, string file) =>
        $"{Address}/client?target={Uri.EscapeDataString(target)}&file={Uri.EscapeDataString(file)}";

    /// <summary>A page that goes elsewhere as soon as it is open.</summary>
    public string JumpTo(string url) => $"{Address}/jump?to={Uri.EscapeDataString(url)}";

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private static string Page(string name) =>
        File.ReadAllText(Path.Combine(Repository.Root, "tests/McpDevBench.EndToEndTests/Browsers", name));

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                await AnswerAsync(await _listener.GetContextAsync());
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers["Access-Control-Allow-Origin"] = "*";
        response.Headers["Access-Control-Allow-Headers"] = "*";
        response.Headers["Access-Control-Allow-Methods"] = "*";
        var (type, content) = request.Url!.AbsolutePath switch
        {
            "/attack" => ("text/html", Encoding.UTF8.GetBytes(_attack)),
            "/client" => ("text/html", Encoding.UTF8.GetBytes(_client)),
            "/jump" => ("text/html", Encoding.UTF8.GetBytes($"<script>location = '{request.QueryString["to"]}'</script>")),
            "/seen" => See(request.QueryString["what"]!),
            "/mcp" => await CalledAsync(request),
            "/files" when request.HttpMethod == "PUT" => See("written via put"),
            "/files" when _traps.TryGetValue(request.QueryString["path"]!, out var trap) => trap,
            _ => ("text/plain", []),
        };
        response.ContentType = type;
        try
        {
            await response.OutputStream.WriteAsync(content);
            response.Close();
        }
        catch (HttpListenerException)
        {
            response.Abort(); // The browser no longer wants it.
        }
    }

    private (string Type, byte[] Content) See(string what)
    {
        lock (_seen)
            _seen.Add(what);
        return ("text/plain", []);
    }

    private async Task<(string Type, byte[] Content)> CalledAsync(HttpListenerRequest request)
    {
        using var body = new StreamReader(request.InputStream);
        if (request.HttpMethod == "POST" && (await body.ReadToEndAsync()).Contains("\"method\"", StringComparison.Ordinal))
            return See($"called as {request.ContentType?.Split(';')[0] ?? "nothing"}");
        if (request.HttpMethod != "GET")
            return ("text/plain", []);
        return See(request.Headers["Upgrade"] is null ? "called via eventsource" : "called via websocket");
    }
}
