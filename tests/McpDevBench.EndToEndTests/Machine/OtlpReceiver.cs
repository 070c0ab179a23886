using System.IO.Compression;
using System.Net;
using System.Text;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A collector: takes what is posted to /v1/traces as OTLP in protobuf, gzip or not, and remembers it.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly List<OtlpSpan> _spans = [];
    private readonly List<string> _headers = [];
    private readonly MemoryStream _bytes = new();
    private readonly Task _serving;

    public OtlpReceiver(int port)
    {
        Address = $"http://127.0.0.1:{port}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public OtlpReceiver()
        : this(Ports.Free())
    {
    }

    public string Address { get; }

    public IReadOnlyList<OtlpSpan> Spans
    {
        get
        {
            lock (_spans)
                return [.. _spans];
        }
    }

    /// <summary>Every header of every request, one a line.</summary>
    public IReadOnlyList<string> Headers
    {
        get
        {
            lock (_spans)
                return [.. _headers];
        }
    }

    /// <summary>All that was sent, its bytes as characters.</summary>
    public string Everything
    {
        get
        {
            lock (_spans)
                return Encoding.Latin1.GetString(_bytes.ToArray());
        }
    }

    /// <summary>Whether these words were in anything that was sent, wherever.</summary>
    public bool HasSeen(string words)
    {
        lock (_spans)
            return _bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(words)) >= 0;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _bytes.Dispose();
    }

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
        var isTraces = request is { HttpMethod: "POST", ContentType: "application/x-protobuf", Url.AbsolutePath: "/v1/traces" };
        if (isTraces)
            Remember(await ReadAsync(request), request);
        response.StatusCode = isTraces ? 200 : 404;
        response.ContentType = "application/x-protobuf";
        response.Close();
    }

    private static async Task<byte[]> ReadAsync(HttpListenerRequest request)
    {
        using var body = new MemoryStream();
        await using var source = request.Headers["Content-Encoding"] == "gzip" ? new GZipStream(
            request.InputStream, CompressionMode.Decompress) : request.InputStream;
        await source.CopyToAsync(body);
        return body.ToArray();
    }

    private void Remember(byte[] body, HttpListenerRequest request)
    {
        var spans = OtlpReader.Read(body);
        lock (_spans)
        {
            _spans.AddRange(spans);
            _bytes.Write(body);
            _headers.AddRange(request.Headers.AllKeys.Select(name => $"{name}: {request.Headers[name]}"));
        }
    }
}
