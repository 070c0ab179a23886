using McpDevBench.Agent.Runtime;

namespace McpDevBench.Agent.Wire;

/// <summary>
/// What a session has to send, apart from the output of execs: control frames, which go first, and content of transfers,
/// whose workers wait while more than <see cref="ContentLimit"/> is queued.
/// </summary>
internal sealed class Outbox(EventLoop loop)
{
    private const int ContentLimit = 256 << 10;
    private const int ControlLimit = 2 << 20;
    private const int MaxControlFrames = 8_192;

    private readonly Queue<OutFrame> _control = new();
    private readonly Queue<OutFrame> _content = new();
    private readonly object _gate = new();
    private int _contentBytes;
    private int _controlBytes;
    private bool _closed;

    /// <summary>The server sends requests and does not read the answers.</summary>
    public bool Overrun => _control.Count > MaxControlFrames;

    public void Control(OutFrame frame)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _control.Enqueue(frame);
                _controlBytes += frame.Payload.Length;
            }
        }
        loop.Wake();
    }

    /// <summary>A worker with an answer waits here before it hands it over: at most one each is held besides what is queued.</summary>
    public void WaitForRoom()
    {
        lock (_gate)
        {
            while (_controlBytes >= ControlLimit && !_closed)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>The last frame of a transfer: behind its content, whatever the limit.</summary>
    public void Last(OutFrame frame)
    {
        lock (_gate)
        {
            if (!_closed)
                _content.Enqueue(frame);
        }
        loop.Wake();
    }

    /// <summary>A frame of content, from a worker, which waits until there is room for it or its channel is cancelled.</summary>
    public void Content(OutFrame frame, Channel of)
    {
        lock (_gate)
        {
            // The timeout is for a cancellation, which does not pulse this gate.
            while (_contentBytes >= ContentLimit && !_closed && !of.Cancelled)
                Monitor.Wait(_gate, millisecondsTimeout: 50);
            if (_closed || of.Cancelled)
            {
                Release(frame);
                return;
            }
            _contentBytes += frame.Payload.Length;
            _content.Enqueue(frame);
        }
        loop.Wake();
    }

    public bool TryTakeControl(out OutFrame frame)
    {
        lock (_gate)
        {
            if (!_control.TryDequeue(out frame))
                return false;
            _controlBytes -= frame.Payload.Length;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    public bool TryTakeContent(out OutFrame frame)
    {
        lock (_gate)
        {
            if (!_content.TryDequeue(out frame))
                return false;
            if (frame.Rented is not null)
            {
                _contentBytes -= frame.Payload.Length;
                Monitor.PulseAll(_gate);
            }
            return true;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var frame in _content)
                Release(frame);
            _content.Clear();
            _control.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    public static void Release(OutFrame frame)
    {
        if (frame.Rented is not null)
            BufferPool.Return(frame.Rented);
    }
}
