using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Agents;

/// <summary>Reads a message of the protocol.</summary>
internal delegate T ReadMessage<out T>(ref MessageReader reader);

/// <summary>
/// One stream to one agent: frames both ways, requests on channels of their own. The agent is untrusted input: what breaks the protocol ends this
/// stream, and nothing else.
/// </summary>
internal sealed class AgentConnection : IDisposable
{
    private static readonly FrozenDictionary<Opcode, string> _names =
        Enum.GetValues<Opcode>().ToFrozenDictionary(opcode => opcode, opcode => JsonNamingPolicy.SnakeCaseLower.ConvertName(opcode.ToString()));

    private readonly EngineStream _stream;
    private readonly ConcurrentDictionary<uint, AgentCall> _calls = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private readonly FrameReader _frames;
    private uint _lastChannel;
    private readonly AgentClock _clock;
    private long _pongs;
    private ProtocolException? _broken;

    private AgentConnection(EngineStream stream, TimeProvider time) =>
        (_stream, _frames, _clock) = (stream, new FrameReader(stream), new AgentClock(time));

    /// <summary>Cancelled when the stream has ended, whatever the reason.</summary>
    public CancellationToken Closed => _closed.Token;

    public Welcome Welcome { get; private set; } = null!;

    /// <summary>The version of the protocol that the agent and this server both speak.</summary>
    public ushort Version => Welcome.Version;

    /// <summary>Answers to pings so far.</summary>
    public long Pongs => Volatile.Read(ref _pongs);

    /// <summary>Shakes hands with the agent at the other end of <paramref name="stream"/>; owns the stream from here on, also when it fails.</summary>
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
            // The stream was ended because of it, and what came of that says less.
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
        using var span = Spans.Agent(_names[opcode]);
        var call = Call(opcode, write);
        try
        {
            return await use(call);
        }
        catch (Exception e)
        {
            span.Failed(e);
            throw;
        }
        finally
        {
            call.Abandon();
        }
    }

    public AgentCall Call(Opcode opcode, Action<MessageWriter> write)
    {
        var call = new AgentCall(this, Interlocked.Increment(ref _lastChannel));
        _calls[call.Channel] = call;
        if (_closed.IsCancellationRequested)
            call.Break();
        var message = new MessageWriter { Version = Version };
        write(new RequestHeader(opcode, CallDeadline.Current is { IsForTransfer: false } deadline ? ExpiryOf(deadline) : 0).Write(message));
        call.Sent = SendAsync(FrameKind.Request, call.Channel, message.WrittenMemory);
        return call;
    }

    /// <summary>Reports that the content is complete.</summary>
    internal Task SendEndAsync(uint channel)
    {
        if (Version == 1)
            return SendAsync(FrameKind.DataEnd, channel, ReadOnlyMemory<byte>.Empty);
        var expiresAt = CallDeadline.Current is { } deadline ? ExpiryOf(deadline) : 0;
        return SendAsync(FrameKind.DataEnd, channel, new MessageWriter(8) { Version = Version }.Int64(expiresAt).WrittenMemory);
    }

    public Task AcknowledgeAsync(ExecAck ack)
    {
        var message = new MessageWriter(32) { Version = Version };
        ack.Write(message);
        return SendAsync(FrameKind.ExecAck, Protocol.NoChannel, message.WrittenMemory);
    }

    public Task PingAsync() => SendAsync(FrameKind.Ping, Protocol.NoChannel, ReadOnlyMemory<byte>.Empty);

    /// <summary>An answer was no answer: that ends the stream as any frame would that is none.</summary>
    internal void Break(ProtocolException broken)
    {
        _broken = broken;
        Dispose();
    }

    internal void Forget(AgentCall call) => _calls.TryRemove(call.Channel, out _);

    /// <summary>Writes one frame. A stream that has ended swallows it: its calls have been broken already.</summary>
    internal async Task SendAsync(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > Protocol.MaxPayload)
            throw new RefusalException(
                RefusalCode.InvalidArgument, $"The request is {payload.Length} bytes long, at most {Protocol.MaxPayload} are allowed.",
                $"Send less at once; for large files use {FileAddress.Named}.");
        var frame = ArrayPool<byte>.Shared.Rent(FrameHeader.Size + payload.Length);
        try
        {
            new FrameHeader(kind, channel, payload.Length).Write(frame);
            payload.Span.CopyTo(frame.AsSpan(FrameHeader.Size));
            await _writing.WaitAsync(_closed.Token);
            try
            {
                await _stream.WriteAsync(frame, 0, FrameHeader.Size + payload.Length, _closed.Token);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            Dispose();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
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
        foreach (var call in _calls.Values)
            call.Break();
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
        await SendAsync(FrameKind.Hello, Protocol.NoChannel, message.WrittenMemory).WaitAsync(cancellationToken);
        var header = await _frames.NextAsync(cancellationToken)
            ?? throw new EndOfStreamException("the agent's stream ended before its welcome");
        if (header.Kind != FrameKind.Welcome)
            throw new ProtocolException($"the agent began with {header.Kind}");
        var reader = new MessageReader(_frames.TakePayload(header)) { Version = Protocol.HandshakeVersion };
        Welcome = Welcome.Read(ref reader);
        _clock.Read(Welcome.Clock);
    }

    private void Deliver(FrameHeader header, AgentLink link, AgentListener listener)
    {
        var payload = _frames.TakePayload(header);
        var reader = new MessageReader(payload) { Version = Version };
        switch (header.Kind)
        {
            case FrameKind.Response:
                if (_calls.TryRemove(header.Channel, out var answered))
                    answered.Answer(payload.ToArray());
                break;
            case FrameKind.Data:
                if (_calls.TryGetValue(header.Channel, out var receiving))
                    receiving.Receive(payload);
                break;
            case FrameKind.DataEnd:
                if (_calls.TryGetValue(header.Channel, out var received))
                    received.ReceiveEnd();
                break;
            case FrameKind.Credit:
                if (_calls.TryGetValue(header.Channel, out var sending))
                    sending.Grant(reader.UInt32());
                break;
            case FrameKind.ExecOutput:
                var output = ExecOutput.Read(ref reader);
                listener.Output(link, output, reader.Rest);
                break;
            case FrameKind.ExecBackground when Version >= 2:
                var background = ExecBackground.Read(ref reader);
                reader.End();
                listener.InBackground(link, background);
                break;
            case FrameKind.ExecExited:
                var exit = ExecExited.Read(ref reader);
                reader.End();
                listener.Exited(link, exit);
                break;
            case FrameKind.Pong:
                if (Version >= 2)
                    _clock.Read(reader.Int64());
                Interlocked.Increment(ref _pongs);
                link.Answered();
                break;
            default:
                throw new ProtocolException($"the agent sent {header.Kind}");
        }
    }

    /// <summary>When the agent may no longer do what is asked for now.</summary>
    private long ExpiryOf(CallDeadline deadline) => Version >= 2 ? _clock.In(deadline.Remaining - AgentClock.Margin) : 0;
}
