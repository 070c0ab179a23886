using McpDevBench.Access;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using ModelContextProtocol.AspNetCore;

namespace McpDevBench.Mcp;

/// <summary>
/// What the transport asks of headers, made as lenient as the protocol allows: sessions that are gone, and clients that want JSON alone.
/// </summary>
internal static class HttpFront
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const string Json = "application/json";
    private const string EventStream = "text/event-stream";

    /// <summary>
    /// A session id is one of an earlier server or of another one, since this one has no sessions: 404 tells a client to initialize again.
    /// </summary>
    public static void UseStaleSessions(this IApplicationBuilder app, PathString path) =>
        app.Use(async (HttpContext context, RequestDelegate next) =>
    {
        var session = context.Request.Headers[SessionHeader].ToString();
        var transport = context.RequestServices.GetRequiredService<IOptions<HttpServerTransportOptions>>().Value;
        var hasSessions = transport.SessionMode != HttpServerSessionMode.Stateless;
        if (session.Length == 0 || hasSessions || !context.Request.Path.StartsWithSegments(path))
        {
            await next(context);
            return;
        }
        EarlyRejections.Reject(context, ErrorCode.InvalidArgument);
        var shown = session.Length <= 100 ? session : session[..100];
        await HttpError.WriteRpcAsync(
            context, StatusCodes.Status404NotFound, RpcError.UnknownSession,
            $"Unknown session: {shown}. Send initialize without {SessionHeader}; this server needs no session.");
    });

    /// <summary>A POST whose Accept does not name the event stream gets its answer as JSON.</summary>
    public static void UseJsonAnswers(this IApplicationBuilder app, PathString path) =>
        app.Use(async (HttpContext context, RequestDelegate next) =>
    {
        var accepted = context.Request.GetTypedHeaders().Accept;
        var takesJson = accepted.Count == 0 || accepted.Any(one => one.MatchesMediaType(Json));
        var takesEvents = accepted.Any(one => one.MatchesMediaType(EventStream));
        if (!HttpMethods.IsPost(context.Request.Method) || !context.Request.Path.StartsWithSegments(path) || (takesJson && takesEvents))
        {
            await next(context);
            return;
        }
        if (!takesJson && !takesEvents)
        {
            EarlyRejections.Reject(context, ErrorCode.InvalidArgument);
            var error = NotAcceptable(context.Request.Headers.Accept.ToString());
            await HttpError.WriteAsync(context, error, StatusCodes.Status406NotAcceptable);
            return;
        }
        context.Request.Headers.Accept = $"{Json}, {EventStream}";
        if (takesEvents)
            await next(context);
        else
            await AnswerAsJsonAsync(context, next);
    });

    private static RequestException NotAcceptable(string accept) => new(
        ErrorCode.InvalidArgument, $"Accept: {(accept.Length <= 100 ? accept : accept[..100])} allows no answer of this endpoint.",
        $"Send Accept: {Json}, {EventStream}, or leave Accept out. A page for people is at {FileAddress.Base}/.");

    private static async Task AnswerAsJsonAsync(HttpContext context, RequestDelegate next)
    {
        var client = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        await using var body = new MemoryStream();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        try
        {
            await next(context);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            context.Features.Set(client);
        }
        var content = body.GetBuffer().AsMemory(0, (int)body.Length);
        if (context.Response.ContentType?.StartsWith(EventStream, StringComparison.Ordinal) is true)
        {
            context.Response.ContentType = Json;
            content = content[LastMessage(content.Span)];
        }
        await using var sending = new PacedStream(context.Response.Body, context);
        for (var start = 0; start < content.Length; start += RelaxedJsonStream.PieceBytes)
        {
            var piece = content[start..Math.Min(content.Length, start + RelaxedJsonStream.PieceBytes)];
            await sending.WriteAsync(piece, context.RequestAborted);
        }
    }

    /// <summary>The answer comes last, after its progress. A line end within a message is escaped.</summary>
    private static Range LastMessage(ReadOnlySpan<byte> events)
    {
        var data = "data: "u8;
        var start = events.LastIndexOf("\ndata: "u8) is >= 0 and var at ? at + 1 : 0;
        if (!events[start..].StartsWith(data))
            return ..0;
        start += data.Length;
        var length = events[start..].IndexOfAny("\r\n"u8);
        return start..(length < 0 ? events.Length : start + length);
    }
}
