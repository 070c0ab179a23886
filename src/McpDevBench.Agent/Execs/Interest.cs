namespace McpDevBench.Agent;

/// <summary>What the loop should tell about one descriptor. With nothing wanted it is not watched at all: one whose other end is gone would report that forever.</summary>
internal sealed class Interest(EventLoop loop, int fd, Action<uint> ready)
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
