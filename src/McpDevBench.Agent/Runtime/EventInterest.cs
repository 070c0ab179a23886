namespace McpDevBench.Agent.Runtime;

/// <summary>
/// The events of one descriptor that the loop watches for. Without any, the loop does not watch it: a
/// descriptor whose other end is gone would report that forever.
/// </summary>
internal sealed class EventInterest(EventLoop loop, int fd, Action<uint> ready)
{
    private uint _wanted;

    public void Want(uint events)
    {
        if (events == _wanted)
            return;
        if (events == 0)
            loop.Unwatch(fd);
        else if (_wanted == 0)
            loop.Watch(fd, events, ready);
        else
            loop.Change(fd, events);
        _wanted = events;
    }
}
