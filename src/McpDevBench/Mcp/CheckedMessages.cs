using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>
/// Looks at each message before the SDK does, over HTTP and on standard input, so that a client's mistake in its text is answered as one.
/// </summary>
internal static class CheckedMessages
{
    private static readonly byte[] _byteOrderMark = [0xEF, 0xBB, 0xBF];

    public static void UseCheckedMessages(
        this IApplicationBuilder app, PathString path, CallBudgets budgets, BodySpool bodies, AnswerSpool answers) =>
        app.Use(async (HttpContext context, RequestDelegate next) =>
    {
        if (!HttpMethods.IsPost(context.Request.Method) || !context.Request.Path.StartsWithSegments(path))
        {
            await next(context);
            return;
        }
        PacedStream.AllowFiles(context, answers);
        await ServeAsync(context, next, budgets, bodies);
        // What a slow client has not read yet holds no memory of the call any more.
        await PacedStream.SendRestAsync(context);
    });

    private static async Task ServeAsync(HttpContext context, RequestDelegate next, CallBudgets budgets, BodySpool bodies)
    {
        using var memory = CallMemory.Begin(budgets);
        var message = await RequestBody.ReadAsync(context, bodies, memory);
        if (message.Span.StartsWith(_byteOrderMark))
            message = message[_byteOrderMark.Length..];
        if (FormFault.Find(message.Span) is { } form)
        {
            await RejectAsync(context, (RpcError)form.Code, $"{form.Sentence} {form.Hint}", form.Id);
            return;
        }
        message = FormFault.WithWholeId(message.Span) ?? message;
        message = TextArguments.Expand(message.Span) ?? message;
        var fault = MessageFault.Find(message.Span, out var elements);
        if (fault is { ArgumentsStart: < 0 })
        {
            await RejectAsync(context, fault.Code, $"{fault.Sentence} {fault.Hint}", fault.Id, fault.IsTooLarge);
            return;
        }
        if (fault is not null)
            message = fault.Amend(message.Span);
        await memory.TakeForParsingAsync(message.Length, elements, context.RequestAborted);
        context.Request.ContentLength = message.Length;
        var received = context.Request.Body;
        context.Request.Body = MessageStream(message);
        try
        {
            await next(context);
        }
        finally
        {
            // A connection that is kept open keeps what its last request had, the SDK's server with the message in it among that.
            context.Request.Body = received;
            _ = context.Request.BodyReader; // Made anew for the body that it finds; the last one would keep the message.
            context.Features.Set<McpServer>(null);
        }
    }

    private static MemoryStream MessageStream(ReadOnlyMemory<byte> message) =>
        MemoryMarshal.TryGetArray(message, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(message.ToArray(), writable: false);

    private static Task RejectAsync(HttpContext context, RpcError error, string text, string? id, bool isTooLarge = false)
    {
        var code = isTooLarge ? ErrorCode.ResourceExhausted : ErrorCode.InvalidArgument;
        EarlyRejections.Reject(context, code);
        var status = isTooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest;
        return HttpError.WriteRpcAsync(context, status, error, text, id is null ? null : JsonNode.Parse(id), code);
    }
}

/// <summary>
/// Standard input, line by line. A message that the SDK cannot read is replaced by one that <see cref="McpEntrance"/> answers with an
/// error.
/// </summary>
internal sealed class CheckedInput(Stream inner) : Stream
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly MemoryStream _line = new();
    private ReadOnlyMemory<byte> _unread;
    private ReadOnlyMemory<byte> _ready;
    private bool _hasEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.IsEmpty)
        {
            if (_unread.IsEmpty && !_hasEnded)
            {
                var read = await inner.ReadAsync(_buffer, cancellationToken);
                (_unread, _hasEnded) = (_buffer.AsMemory(0, read), read == 0);
            }
            if (!TakeLine() && _hasEnded)
                return 0;
        }
        var count = Math.Min(buffer.Length, _ready.Length);
        _ready[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <returns>Whether a whole line is ready, or what comes before the end without one.</returns>
    private bool TakeLine()
    {
        var end = _unread.Span.IndexOf((byte)'\n');
        var part = end < 0 ? _unread : _unread[..(end + 1)];
        _line.Write(part.Span);
        _unread = _unread[part.Length..];
        if ((end < 0 && !_hasEnded) || _line.Length == 0)
            return false;
        var line = _line.ToArray();
        _line.SetLength(0);
        _ready = Checked(line);
        return true;
    }

    private static byte[] Checked(byte[] line)
    {
        if (FormFault.Find(line) is { } form)
            return Line(form.Replace());
        line = FormFault.WithWholeId(line) ?? line;
        if (TextArguments.Expand(line.AsSpan().TrimEnd("\r\n"u8)) is { } expanded)
            line = Line(expanded);
        return MessageFault.Find(line.AsSpan().TrimEnd("\r\n"u8)) switch
        {
            null => FormFault.FindUnreadable(line) is { } unreadable ? Line(unreadable.Replace()) : line,
            { ArgumentsStart: >= 0 } inArguments => inArguments.Amend(line),
            var fault => fault.Replace() is { } replacement ? Line(replacement) : [],
        };
    }

    private static byte[] Line(byte[] message) => [.. message, (byte)'\n'];
}
