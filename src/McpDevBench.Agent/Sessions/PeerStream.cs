using McpDevBench.Agent.Execs;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Sessions;

/// <summary>
/// One byte stream to a peer that may be the server: standard streams, or a connection of the socket.
/// On the loop's thread.
/// </summary>
internal sealed unsafe class PeerStream
{
    private const int OutSize = 128 << 10;
    private const int ReadSize = 64 << 10;

    /// <summary>Writes of one turn, so that a reader as fast as we are cannot keep the loop from everything else.</summary>
    private const int WritesPerTurn = 8;

    // Only the loop reads, one stream at a time.
    private static readonly byte[] s_input = GC.AllocateArray<byte>(HandshakeScanner.Headroom + ReadSize, pinned: true);

    private readonly EventLoop _loop;
    private readonly ConnectionManager _connections;
    private readonly int _in;
    private readonly int _out;
    private readonly bool _isStdio;
    private readonly HandshakeScanner? _scanner;
    private readonly TrustedSecret _secret;
    private readonly FrameAssembler _assembler = new();
    private readonly byte[] _opening = new byte[Handshake.ServerLength];
    private int _openingLength;
    private byte[] _output = [];
    private int _start;
    private int _end;
    private bool _awaitsWritable;
    private bool _dead;
    private OutFrame _frame;
    private int _frameSent = -1;
    private SessionHandler? _handler;

    public PeerStream(EventLoop loop, ConnectionManager connections, TrustedSecret secret, int input, int output, bool isStdio)
    {
        (_loop, _connections, _secret, _in, _out, _isStdio) = (loop, connections, secret, input, output, isStdio);
        _scanner = isStdio ? new HandshakeScanner(secret) : null;
        loop.Watch(input, Abi.EPOLLIN, events => OnReady(events));
    }

    /// <summary>When a connection without a complete handshake is closed. Never, once it has completed.</summary>
    public long HandshakeDeadline { get; set; } = Clock.Never;

    public bool Authenticated => _handler is not null;

    /// <summary>Ends the session. Standard streams wait for the next handshake, a connection is closed.</summary>
    public void Drop()
    {
        _handler?.Session.Close();
        _handler = null;
        ClearOutput();
        _assembler.Reset();
        if (_isStdio)
            return;
        Abandon();
        _connections.Forget(this);
    }

    /// <summary>Fill the output buffer from the session and the execs, and write while the other side takes it.</summary>
    public void Pump(ExecTable execs)
    {
        if (_handler is null || _dead)
            return;
        if (_handler.Session.Outbox.Overrun)
        {
            Drop();
            return;
        }
        if (_awaitsWritable)
            return;
        for (var i = 0; i < WritesPerTurn; i++)
        {
            Fill(execs);
            if (_start == _end)
                return;
            if (!Flush())
                return;
        }
        _loop.Wake();
    }

    private void OnReady(uint events)
    {
        if ((events & (Abi.EPOLLIN | Abi.EPOLLHUP | Abi.EPOLLERR)) != 0)
            OnReadable();
        if ((events & Abi.EPOLLOUT) != 0 && _in == _out && !_dead)
            OnWritable();
    }

    private void OnWritable()
    {
        _awaitsWritable = false;
        if (_in == _out)
            _loop.Change(_in, Abi.EPOLLIN);
        else
            _loop.Unwatch(_out);
    }

    private void OnReadable()
    {
        nint count;
        fixed (byte* start = s_input)
            count = Libc.read(_in, start + HandshakeScanner.Headroom, ReadSize);
        if (count < 0 && Errno.Last is Errno.EAGAIN or Errno.EINTR)
            return;
        if (count <= 0)
        {
            // The end of the stream. The execs go on; the server may reconnect through the socket.
            if (_isStdio)
                Abandon();
            Drop();
            return;
        }
        if (_scanner is null)
            ReadConnection(s_input.AsSpan(HandshakeScanner.Headroom, (int)count));
        else
            ReadStdio(_scanner, s_input.AsSpan(0, HandshakeScanner.Headroom + (int)count));
    }

    private void ReadStdio(HandshakeScanner scanner, Span<byte> buffer)
    {
        while (buffer.Length > HandshakeScanner.Headroom)
        {
            var complete = scanner.Scan(buffer, out var before, out var consumed);
            if (before > 0)
                Feed(buffer.Slice(HandshakeScanner.Headroom, before));
            if (complete)
                Begin(scanner.Nonce);
            buffer = buffer[consumed..];
        }
    }

    private void ReadConnection(ReadOnlySpan<byte> bytes)
    {
        if (_openingLength < Handshake.ServerLength)
        {
            var taken = Math.Min(bytes.Length, Handshake.ServerLength - _openingLength);
            bytes[..taken].CopyTo(_opening.AsSpan(_openingLength));
            _openingLength += taken;
            bytes = bytes[taken..];
            if (_openingLength < Handshake.ServerLength)
                return;
            if (!_secret.Matches(_opening.AsSpan(0, Handshake.MagicLength + Handshake.SecretLength)))
            {
                Drop();
                return;
            }
            HandshakeDeadline = Clock.Never;
            Begin(_opening.AsSpan(^Handshake.NonceLength));
        }
        Feed(bytes);
    }

    private void Begin(ReadOnlySpan<byte> nonce)
    {
        Span<byte> answer = stackalloc byte[Handshake.AgentLength];
        Handshake.AgentMagic.CopyTo(answer);
        nonce.CopyTo(answer[Handshake.MagicLength..]);
        _handler?.Session.Close();
        ClearOutput();
        _assembler.Reset();
        if (_output.Length == 0)
            _output = GC.AllocateUninitializedArray<byte>(OutSize, pinned: true);
        answer.CopyTo(_output);
        _end = answer.Length;
        _handler = _connections.Begin(this);
    }

    private void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_handler is not { } handler)
            return;
        try
        {
            _assembler.Feed(bytes, handler.Handle);
        }
        catch (Exception error) when (error is ProtocolException or OutOfMemoryException)
        {
            // The peer breaks the protocol, or needs more memory than there is: no answer is possible.
            Drop();
        }
    }

    private void Fill(ExecTable execs)
    {
        if (_start > 0)
        {
            _output.AsSpan(_start, _end - _start).CopyTo(_output);
            (_start, _end) = (0, _end - _start);
        }
        var outbox = _handler!.Session.Outbox;
        // Control before content; content and the output of execs by turns.
        for (var idle = false; !idle;)
        {
            while (Room && (_frameSent >= 0 || outbox.TryTakeControl(out _frame)))
                Append();
            if (!Room)
                return;
            idle = true;
            if (outbox.TryTakeContent(out _frame))
            {
                Append();
                idle = false;
            }
            if (_frameSent < 0 && execs.TryTakeOutput(_output.AsSpan(_end), out var written))
            {
                _end += written;
                idle = false;
            }
        }
    }

    private bool Room => OutSize - _end > FrameHeader.Size;

    /// <summary>Copies the current frame, or as much of it as there is room for.</summary>
    private void Append()
    {
        if (_frameSent < 0)
        {
            _frame.Header.Write(_output.AsSpan(_end));
            _end += FrameHeader.Size;
            _frameSent = 0;
        }
        var part = _frame.Payload.Span[_frameSent..];
        part = part[..Math.Min(part.Length, OutSize - _end)];
        part.CopyTo(_output.AsSpan(_end));
        _end += part.Length;
        _frameSent += part.Length;
        if (_frameSent < _frame.Payload.Length)
            return;
        Outbox.Release(_frame);
        _frame = default;
        _frameSent = -1;
    }

    /// <returns>False: the peer takes no more for now, or has closed.</returns>
    private bool Flush()
    {
        nint count;
        fixed (byte* start = _output)
            count = Libc.write(_out, start + _start, _end - _start);
        if (count >= 0)
        {
            _start += (int)count;
            return true;
        }
        if (Errno.Last == Errno.EINTR)
            return true;
        if (Errno.Last != Errno.EAGAIN)
        {
            Drop();
            return false;
        }
        _awaitsWritable = true;
        if (_in == _out)
            _loop.Change(_in, Abi.EPOLLIN | Abi.EPOLLOUT);
        else
            _loop.Watch(_out, Abi.EPOLLOUT, _ => OnWritable());
        return false;
    }

    private void ClearOutput()
    {
        (_start, _end) = (0, 0);
        if (_frameSent >= 0)
            Outbox.Release(_frame);
        _frame = default;
        _frameSent = -1;
    }

    private void Abandon()
    {
        if (_dead)
            return;
        _dead = true;
        _loop.Unwatch(_in);
        if (_isStdio)
            return;
        Libc.close(_in);
    }
}
