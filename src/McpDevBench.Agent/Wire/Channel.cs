using System.Buffers.Binary;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Wire;

/// <summary>
/// One request and the content that belongs to it. The loop feeds it, one worker serves it; credit keeps the loop from
/// ever holding more than the window of what the worker has not read, and the worker from sending more than the server can take.
/// </summary>
internal sealed class Channel(Session session, uint id)
{
    private const int CreditStep = 64 << 10;

    private readonly object _gate = new();
    private readonly Queue<Piece> _inbound = new();
    private int _window = Protocol.InitialCredit;
    private long _credit = Protocol.InitialCredit;
    private int _readSinceCredit;
    private int _position;
    private bool _ended;
    private bool _starved;
    private volatile bool _cancelled;
    private long _expiresAt = Clock.Never;

    public uint Id { get; } = id;

    public Session Session { get; } = session;

    /// <summary>Its content and its response go out in order; a response without content may overtake.</summary>
    public bool HasContent { get; set; }

    /// <summary>What to do at a Cancel, besides waking the worker (input of an exec waits without one). On the loop.</summary>
    public Action? OnCancel { get; set; }

    /// <summary>Cancelled by the server, or its session has ended.</summary>
    public bool Cancelled => _cancelled;

    /// <summary>The request's <see cref="RequestHeader.ExpiresAt"/>. The end of its content may set another one.</summary>
    public long ExpiresAt
    {
        get => Volatile.Read(ref _expiresAt);
        set => Volatile.Write(ref _expiresAt, value == 0 ? Clock.Never : value);
    }

    /// <summary>Before anything is begun, and before a change is completed: its caller may have had a failure as the answer.</summary>
    public void ThrowIfCancelled()
    {
        if (_cancelled)
            throw new OperationException(AgentStatus.Cancelled, "cancelled");
        if (Clock.Milliseconds >= ExpiresAt)
            throw new OperationException(AgentStatus.Expired, "the request reached the workspace too late");
    }

    // The loop's side.

    public void Feed(ReadOnlySpan<byte> data)
    {
        if (data.Length > Protocol.MaxData)
            throw new ProtocolException($"{data.Length} bytes of data in a frame");
        lock (_gate)
        {
            if (data.Length > _window || _ended)
                throw new ProtocolException("data beyond the credit, or after its end");
            _window -= data.Length;
            if (_cancelled || _starved || data.IsEmpty)
                return;
            if (!InboundBudget.TryTake(data.Length))
            {
                _starved = true;
                Monitor.PulseAll(_gate);
                return;
            }
            var buffer = data.Length > 4096 ? BufferPool.Rent() : new byte[data.Length];
            data.CopyTo(buffer);
            _inbound.Enqueue(new Piece(buffer, data.Length));
            Monitor.PulseAll(_gate);
        }
    }

    /// <param name="expiresAt">Null: as before.</param>
    public void End(long? expiresAt)
    {
        lock (_gate)
        {
            ExpiresAt = expiresAt ?? ExpiresAt;
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }

    public void AddCredit(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
            throw new ProtocolException("credit is four bytes");
        lock (_gate)
        {
            _credit += BinaryPrimitives.ReadUInt32LittleEndian(payload);
            if (_credit > uint.MaxValue)
                throw new ProtocolException("more credit than any transfer needs");
            Monitor.PulseAll(_gate);
        }
    }

    public void Cancel()
    {
        lock (_gate)
        {
            _cancelled = true;
            Monitor.PulseAll(_gate);
        }
        OnCancel?.Invoke();
    }

    /// <summary>Drops content that no worker will read.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _cancelled = true;
            while (_inbound.TryDequeue(out var piece))
                Release(piece);
            Monitor.PulseAll(_gate);
        }
    }

    // The worker's side.

    /// <summary>Content from the server; 0 at its end.</summary>
    public int Read(Span<byte> to)
    {
        var credit = 0;
        int count;
        lock (_gate)
        {
            while (_inbound.Count == 0 && !_ended && !_cancelled && !_starved)
                Monitor.Wait(_gate);
            ThrowIfCancelled();
            if (_starved)
                throw new OperationException(AgentStatus.Exhausted, "too many transfers at once; try again");
            if (!_inbound.TryPeek(out var piece))
                return 0;
            count = Math.Min(to.Length, piece.Length - _position);
            piece.Buffer.AsSpan(_position, count).CopyTo(to);
            _position += count;
            if (_position == piece.Length)
            {
                Release(_inbound.Dequeue());
                _position = 0;
            }
            _readSinceCredit += count;
            if (_readSinceCredit >= CreditStep && !_ended)
            {
                credit = _readSinceCredit;
                _window += credit;
                _readSinceCredit = 0;
            }
        }
        if (credit > 0)
            SendCredit(credit);
        return count;
    }

    /// <summary>Content to the server: a pool's buffer, which is given away here.</summary>
    public void Send(byte[] rented, int length)
    {
        lock (_gate)
        {
            while (_credit < length && !_cancelled)
                Monitor.Wait(_gate);
            _credit -= length;
        }
        if (_cancelled)
        {
            BufferPool.Return(rented);
            ThrowIfCancelled();
        }
        Session.Outbox.Content(new OutFrame(new FrameHeader(FrameKind.Data, Id, length), rented.AsMemory(0, length), rented), this);
    }

    public void SendEnd() => Session.Outbox.Content(OutFrame.Of(FrameKind.DataEnd, Id, default), this);

    private void SendCredit(int bytes)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(payload, bytes);
        Session.Outbox.Control(OutFrame.Of(FrameKind.Credit, Id, payload));
    }

    private static void Release(Piece piece)
    {
        InboundBudget.Give(piece.Length);
        BufferPool.Return(piece.Buffer);
    }

    private readonly record struct Piece(byte[] Buffer, int Length);
}
