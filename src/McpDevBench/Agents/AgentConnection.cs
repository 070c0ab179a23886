using System.Buffers.Binary;
using System.Security.Cryptography;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Agents;

/// <summary>Reads a message of the protocol.</summary>
internal delegate T ReadMessage<out T>(ref MessageReader reader);

/// <summary>
/// One stream to one agent: frames both ways, requests on channels of their own. The agent is untrusted input: what breaks the protocol
/// ends this stream, and nothing else.
/// </summary>
internal sealed partial class AgentConnection : IDisposable
{
    private readonly EngineStream _stream;
    private readonly CallTable _calls = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly FrameReader _frames;
    private readonly FrameWriter _writer;
    private readonly AgentClock _clock;
    private readonly StrayFrames _stray;
    private readonly ReadPace _pace;
    private long _pongs;
    private long _ping;
    private ProtocolException? _broken;

    private AgentConnection(EngineStream stream, TimeProvider time)
    {
        (_stream, _pace, _clock, _stray) = (stream, new ReadPace(time), new AgentClock(time), new StrayFrames(time));
        (_frames, _writer) = (new FrameReader(stream, _pace), new FrameWriter(stream, _closed.Token));
    }

    /// <summary>Cancelled when the stream has ended, whatever the reason.</summary>
    public CancellationToken Closed => _closed.Token;

    public Welcome Welcome { get; private set; } = null!;

    /// <summary>The version of the protocol that the agent and this server both speak.</summary>
    public ushort Version => Welcome.Version;

    /// <summary>Called at each answer to a ping. Set before <see cref="RunAsync"/>.</summary>
    public Action Answered { get; set; } = static () => { };

    /// <summary>Answers to pings so far.</summary>
    public long Pongs => Volatile.Read(ref _pongs);

    /// <summary>
    /// Shakes hands with the agent at the other end of <paramref name="stream"/>; owns the stream from here on, also when it fails.
    /// </summary>
    public static async Task<AgentConnection> OpenAsync(
        EngineStream stream, byte[] secret, string build, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = new AgentConnection(stream, time);
        try
        {
            await connection.ShakeHandsAsync(secret, build, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Delivers what comes until the stream ends.</summary>
    /// <exception cref="ProtocolException">The agent broke the protocol.</exception>
    public async Task RunAsync(AgentLink link, AgentListener listener)
    {
        try
        {
            listener.Connected(link, Welcome);
            while (await _frames.NextAsync(_closed.Token) is { } header)
                Deliver(header, link, listener);
        }
        catch (Exception) when (_broken is not null)
        {
            // The stream was ended because of it, and this exception is only a consequence.
        }
        finally
        {
            Dispose();
        }
        if (_broken is not null)
            throw _broken;
    }

    /// <summary>One request, from its first byte to what <paramref name="use"/> makes of it; nothing of it goes on afterwards.</summary>
    public async Task<T> CallAsync<T>(Opcode opcode, Action<MessageWriter> write, Func<AgentCall, Task<T>> use)
    {
        using var span = Spans.Agent(opcode.Name());
        var call = Call(opcode, write);
        try
        {
            return await use(call);
        }
        catch (Exception e)
        {
            span.Failed(e);
            await call.SettleAsync();
            throw;
        }
        finally
        {
            call.Abandon();
        }
    }

    public AgentCall Call(Opcode opcode, Action<MessageWriter> write)
    {
        var call = new AgentCall(this, _calls.NextChannel());
        try
        {
            _calls.Add(call);
        }
        catch (ProtocolException broken)
        {
            Break(broken);
        }
        if (_closed.IsCancellationRequested)
            call.Break();
        var message = new MessageWriter { Version = Version };
        write(new RequestHeader(opcode, CallDeadline.Current is { IsForTransfer: false } deadline ? ExpiryOf(deadline) : 0).Write(message));
        call.Sent = SendRequestAsync(call, message.WrittenMemory);
        return call;
    }

    /// <summary>Reports that the content is complete.</summary>
    internal Task SendEndAsync(uint channel)
    {
        if (Version == 1)
            return SendAsync(FrameKind.DataEnd, channel, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        var expiresAt = CallDeadline.Current is { } deadline ? ExpiryOf(deadline) : 0;
        var end = new MessageWriter(8) { Version = Version }.Int64(expiresAt).WrittenMemory;
        return SendAsync(FrameKind.DataEnd, channel, end, CancellationToken.None);
    }

    public Task AcknowledgeAsync(ExecAck ack)
    {
        var message = new MessageWriter(32) { Version = Version };
        ack.Write(message);
        return PostAsync(FrameKind.ExecAck, Protocol.NoChannel, message.WrittenMemory);
    }

    /// <summary>Asks for a sign of life. The answer must repeat a number that only who has read the question can know.</summary>
    public Task PingAsync()
    {
        var nonce = new byte[sizeof(long)];
        do
            RandomNumberGenerator.Fill(nonce);
        while (BinaryPrimitives.ReadInt64LittleEndian(nonce) == 0);
        Volatile.Write(ref _ping, BinaryPrimitives.ReadInt64LittleEndian(nonce));
        return PostAsync(FrameKind.Ping, Protocol.NoChannel, nonce);
    }

    /// <summary>An answer was malformed: that ends the stream, as a malformed frame does.</summary>
    internal void Break(ProtocolException broken)
    {
        _broken = broken;
        Dispose();
    }

    /// <summary>Writes one frame. A stream that has ended swallows it: its calls have been broken already.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before the first byte was sent.
    /// </exception>
    internal Task SendAsync(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        SwallowAsync(_writer.SendAsync(kind, channel, payload, cancellationToken), cancellationToken);

    /// <summary>Queues one small frame. An agent that leaves too many of them unread loses its stream.</summary>
    internal Task PostAsync(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload)
    {
        try
        {
            return SwallowAsync(_writer.PostAsync(kind, channel, payload), CancellationToken.None);
        }
        catch (ProtocolException broken)
        {
            Break(broken);
            return Task.CompletedTask;
        }
    }

    private async Task SendRequestAsync(AgentCall call, ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > Protocol.MaxPayload)
        {
            _calls.Remove(call.Channel);
            throw new RequestException(
                ErrorCode.InvalidArgument, $"The request is {payload.Length} bytes long, at most {Protocol.MaxPayload} are allowed.",
                $"Send less at once; for large files use {FileAddress.Named}.");
        }
        try
        {
            await SendAsync(FrameKind.Request, call.Channel, payload, call.Gone);
        }
        catch (OperationCanceledException) when (call.Gone.IsCancellationRequested)
        {
            // Its caller went before its turn came: it is never sent.
            _calls.Remove(call.Channel);
        }
    }

    private async Task SwallowAsync(Task sending, CancellationToken cancellationToken)
    {
        try
        {
            await sending;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !_closed.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        lock (_closed)
        {
            if (_closed.IsCancellationRequested)
                return;
            _closed.Cancel();
        }
        _stream.Dispose();
        _calls.Break();
    }

    private async Task ShakeHandsAsync(byte[] secret, string build, CancellationToken cancellationToken)
    {
        var opening = new byte[Handshake.ServerLength];
        Handshake.ServerMagic.CopyTo(opening);
        secret.CopyTo(opening, Handshake.MagicLength);
        RandomNumberGenerator.Fill(opening.AsSpan(Handshake.MagicLength + Handshake.SecretLength));
        await _stream.WriteAsync(opening, 0, opening.Length, cancellationToken);

        // What a predecessor did not read may come first: everything up to our nonce is skipped.
        var answer = new byte[Handshake.AgentLength];
        Handshake.AgentMagic.CopyTo(answer);
        opening.AsSpan(Handshake.MagicLength + Handshake.SecretLength).CopyTo(answer.AsSpan(Handshake.MagicLength));
        await _frames.SkipAsync(answer, cancellationToken);

        var message = new MessageWriter(32) { Version = Protocol.HandshakeVersion };
        new Hello(Protocol.Version, build).Write(message);
        await SendAsync(FrameKind.Hello, Protocol.NoChannel, message.WrittenMemory, cancellationToken);
        var header = await _frames.NextAsync(cancellationToken)
            ?? throw new EndOfStreamException("the agent's stream ended before its welcome");
        if (header.Kind != FrameKind.Welcome)
            throw new ProtocolException($"the agent began with {header.Kind}");
        var reader = new MessageReader(_frames.TakePayload(header)) { Version = Protocol.HandshakeVersion };
        Welcome = Welcome.Read(ref reader);
        _clock.Read(Welcome.Clock);
    }

    /// <summary>When the agent may no longer do what is asked for now.</summary>
    private long ExpiryOf(CallDeadline deadline) => Version >= 2 ? _clock.In(deadline.Remaining - AgentClock.Margin) : 0;
}
