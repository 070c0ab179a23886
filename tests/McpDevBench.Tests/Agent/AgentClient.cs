using System.Collections.Concurrent;
using System.Security.Cryptography;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>The agent answered with an error.</summary>
internal sealed class AgentErrorException(AgentStatus status, string message) : Exception($"{status}: {message}")
{
    public AgentStatus Status { get; } = status;
}

internal delegate T ReadMessage<out T>(ref MessageReader reader);

/// <summary>A small server's side of the protocol, for tests.</summary>
internal sealed class AgentClient : IDisposable
{
    public static readonly TimeSpan Timeout = Eventually.Timeout;

    private readonly Stream _to;
    private readonly Stream _from;
    private readonly Lock _writing = new();
    private readonly Lock _state = new();
    private readonly ConcurrentDictionary<uint, AgentCall> _calls = new();
    private readonly ConcurrentQueue<byte[]> _pongs = new();
    private byte[] _buffer = new byte[4 << 20];
    private int _length;
    private byte[]? _expected;
    private TaskCompletionSource _shaken = new();
    private TaskCompletionSource<Welcome> _welcome = new();
    private readonly ManualResetEventSlim _ended = new();
    private uint _channel;
    private bool _dead;
    private bool _mayAcknowledge;

    public AgentClient(Stream to, Stream from)
    {
        (_to, _from) = (to, from);
        new Thread(ReadAll) { IsBackground = true }.Start();
    }

    /// <summary>What has arrived of every exec, over all conversations of this client and those that share it.</summary>
    public ConcurrentDictionary<Guid, ExecRecord> Execs { get; init; } = new();

    /// <summary>Acknowledge output as it comes, and exits.</summary>
    public bool Acknowledges { get; set; } = true;

    /// <summary>Takes nothing in any more, as a server that has died; call it before another one goes on.</summary>
    public void Die()
    {
        lock (_state)
            _dead = true;
        lock (_writing)
            _mayAcknowledge = false;
    }

    public bool GrantsCredit { get; set; } = true;

    /// <summary>The newest version of the protocol that this server speaks.</summary>
    public ushort Newest { get; init; } = Protocol.Version;

    /// <summary>The version that the last handshake came to.</summary>
    public ushort Version =>
        _welcome.Task is { IsCompletedSuccessfully: true, Result: var welcome } ? welcome.Version : Protocol.HandshakeVersion;

    public Welcome Welcome => _welcome.Task.Result;

    /// <summary>What the agent's clock showed at the last pong.</summary>
    public long Clock { get; private set; }

    public bool Ended => _ended.IsSet;

    /// <summary>Whether the agent ends the stream in reasonable time.</summary>
    public bool WaitForEnd() => _ended.Wait(Timeout);

    public AgentClient Shake(byte[] secret, TimeSpan? timeout = null)
    {
        var nonce = RandomNumberGenerator.GetBytes(Handshake.NonceLength);
        lock (_state)
        {
            _expected = [.. Handshake.AgentMagic, .. nonce];
            _length = 0;
            _shaken = new();
            _welcome = new();
        }
        lock (_writing)
            _mayAcknowledge = false;
        Raw([.. Handshake.ServerMagic, .. secret, .. nonce]);
        if (!_shaken.Task.Wait(timeout ?? Timeout))
            throw new TimeoutException("the agent did not answer the handshake");
        lock (_writing)
        {
            Send(FrameKind.Hello, 0, to => new Hello(Newest, "test").Write(to));
            _mayAcknowledge = true;
        }
        if (!_welcome.Task.Wait(timeout ?? Timeout))
            throw new TimeoutException("the agent did not say welcome");
        return this;
    }

    /// <summary>Tells the agent from where to go on with everything in its Welcome.</summary>
    public void Resume()
    {
        foreach (var exec in Welcome.Execs)
            Ack(exec.Key, Record(exec.Key).End, exit: Record(exec.Key).Exited.Task.IsCompleted);
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
        {
            _to.Write(bytes);
            _to.Flush();
        }
    }

    public void Send(FrameKind kind, uint channel, Action<MessageWriter>? write = null)
    {
        var message = new MessageWriter { Version = Version };
        write?.Invoke(message);
        Send(kind, channel, message.Written);
    }

    public void Send(FrameKind kind, uint channel, ReadOnlySpan<byte> payload) => Raw(Frame(kind, channel, payload));

    public static byte[] Frame(FrameKind kind, uint channel, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(kind, channel, payload.Length).Write(frame);
        payload.CopyTo(frame.AsSpan(FrameHeader.Size));
        return frame;
    }

    public AgentCall Begin(Opcode opcode, Action<MessageWriter>? write = null, long expiresAt = 0)
    {
        var call = new AgentCall(this, Interlocked.Increment(ref _channel));
        _calls[call.Channel] = call;
        Send(FrameKind.Request, call.Channel, to =>
        {
            new RequestHeader(opcode, expiresAt).Write(to);
            write?.Invoke(to);
        });
        return call;
    }

    public T Call<T>(Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read) => Begin(opcode, write).Answer(read);

    public void Call(Opcode opcode, Action<MessageWriter> write) => Begin(opcode, write).Answer();

    public ExecRecord Record(Guid key) => Execs.GetOrAdd(key, _ => new ExecRecord());

    public void Ack(Guid key, ulong offset, bool exit = false)
        => Send(FrameKind.ExecAck, 0, to => new ExecAck(key, offset, exit).Write(to));

    public byte[] Ping(byte[] payload)
    {
        Send(FrameKind.Ping, 0, payload);
        byte[]? pong = null;
        Assert.True(SpinWait.SpinUntil(() => _pongs.TryDequeue(out pong), Timeout), "no pong");
        return pong!;
    }

    /// <summary>Ends the conversation. The other direction is read to its end: closing what is being read would wait for it.</summary>
    public void Dispose() => _to.Dispose();

    private void ReadAll()
    {
        var chunk = new byte[64 << 10];
        try
        {
            for (int count; (count = _from.Read(chunk)) > 0;)
            {
                lock (_state)
                {
                    if (!_dead)
                        Take(chunk.AsSpan(0, count));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
        _ended.Set();
        foreach (var call in _calls.Values)
            call.Fail(new IOException("the stream ended"));
    }

    private void Take(ReadOnlySpan<byte> chunk)
    {
        if (_length + chunk.Length > _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        chunk.CopyTo(_buffer.AsSpan(_length));
        _length += chunk.Length;
        var rest = _buffer.AsSpan(0, _length);
        if (_expected is { } expected)
        {
            var at = rest.IndexOf(expected);
            if (at < 0)
                return;
            rest = rest[(at + expected.Length)..];
            _expected = null;
            _shaken.TrySetResult();
        }
        while (rest.Length >= FrameHeader.Size)
        {
            var header = FrameHeader.Read(rest);
            if (rest.Length < FrameHeader.Size + header.Length)
                break;
            Deliver(header, rest.Slice(FrameHeader.Size, header.Length));
            rest = rest[(FrameHeader.Size + header.Length)..];
        }
        _length = rest.Length;
        rest.CopyTo(_buffer);
    }

    private void Deliver(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var reader = new MessageReader(payload) { Version = Version };
        switch (header.Kind)
        {
            case FrameKind.Welcome:
                _welcome.TrySetResult(Welcome.Read(ref reader));
                break;
            case FrameKind.Pong:
                if (Version >= 2)
                    Clock = reader.Int64();
                _pongs.Enqueue(reader.Rest.ToArray());
                break;
            case FrameKind.ExecOutput:
                var output = ExecOutput.Read(ref reader);
                Record(output.Key).Add(output, reader.Rest);
                if (Acknowledges)
                    Acknowledge(() => Ack(output.Key, Record(output.Key).End));
                break;
            case FrameKind.ExecBackground:
                var background = ExecBackground.Read(ref reader);
                reader.End();
                Record(background.Leader.Key).Background.TrySetResult(background);
                break;
            case FrameKind.ExecExited:
                var exited = ExecExited.Read(ref reader);
                reader.End();
                Record(exited.Key).End_(exited);
                if (Acknowledges)
                    Acknowledge(() => Ack(exited.Key, exited.Produced, exit: true));
                break;
            default:
                if (_calls.TryGetValue(header.Channel, out var call))
                    call.Deliver(header.Kind, payload);
                break;
        }
    }

    private void Acknowledge(Action action) => Later(() =>
    {
        lock (_writing)
        {
            if (_mayAcknowledge)
                action();
        }
    });

    /// <summary>
    /// Never write on the reading thread: with both pipes full neither side would go on. By the time it is written the test may be over.
    /// </summary>
    internal static void Later(Action action) => ThreadPool.QueueUserWorkItem(_ =>
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
    });
}
