using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Sessions;

namespace McpDevBench.Agent;

/// <summary>
/// Copies standard input to the agent's socket and the socket to standard output, until the socket is at its end.
/// A server that reconnects runs it through the container engine.
/// </summary>
internal static unsafe class Bridge
{
    private const int Size = 64 << 10;

    public static int Run(string socketName)
    {
        Libc.prctl(Abi.PR_SET_DUMPABLE, 0, 0, 0, 0);
        Libc.signal(Abi.SIGPIPE, Abi.SIG_IGN);
        var socket = Libc.socket(Abi.AF_UNIX, Abi.SOCK_STREAM | Abi.SOCK_CLOEXEC, 0);
        var address = stackalloc byte[110];
        var length = ConnectionManager.Address(socketName, new Span<byte>(address, 110));
        if (Libc.connect(socket, address, length) != 0)
        {
            Fd.WriteFully(2, Encoding.UTF8.GetBytes($"devbench-agent: no agent listens on {socketName}\n"), default);
            return 1;
        }
        // A server that does not read must not block its own writes to the agent: each direction waits alone.
        Fd.SetNonBlocking(socket);
        Fd.SetNonBlocking(1);
        var toAgent = new Direction(0, socket);
        var fromAgent = new Direction(socket, 1);
        var fds = stackalloc PollFd[4];
        while (!fromAgent.Ended)
        {
            fds[0] = toAgent.WaitForInput();
            fds[1] = toAgent.WaitForOutput();
            fds[2] = fromAgent.WaitForInput();
            fds[3] = fromAgent.WaitForOutput();
            if (Libc.poll(fds, 4, -1) < 0 && Errno.Last != Errno.EINTR)
                return 1;
            toAgent.Move(fds[0].Returned, fds[1].Returned);
            fromAgent.Move(fds[2].Returned, fds[3].Returned);
            if (toAgent.TakeEnd())
                Libc.shutdown(socket, Abi.SHUT_WR);
        }
        return 0;
    }

    /// <summary>One buffer between two descriptors: filled when it is empty, and emptied before it is filled again.</summary>
    private sealed class Direction(int from, int to)
    {
        private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
        private int _start;
        private int _end;
        private bool _inputEnded;
        private bool _endTaken;

        public bool Ended => _inputEnded && _start == _end;

        public PollFd WaitForInput() => new() { Fd = !_inputEnded && _start == _end ? from : -1, Events = Abi.POLLIN };

        public PollFd WaitForOutput() => new() { Fd = _start < _end ? to : -1, Events = Abi.POLLOUT };

        /// <summary>True once, when everything has gone through.</summary>
        public bool TakeEnd() => Ended && !_endTaken && (_endTaken = true);

        public void Move(short input, short output)
        {
            if (input != 0)
                Fill();
            if (output != 0)
                Empty();
        }

        private void Fill()
        {
            nint count;
            fixed (byte* start = _buffer)
                count = Libc.read(from, start, Size);
            if (count < 0 && Errno.Last is Errno.EINTR or Errno.EAGAIN)
                return;
            _inputEnded = count <= 0;
            (_start, _end) = (0, Math.Max(0, (int)count));
        }

        private void Empty()
        {
            nint count;
            fixed (byte* start = _buffer)
                count = Libc.write(to, start + _start, _end - _start);
            if (count < 0 && Errno.Last is Errno.EINTR or Errno.EAGAIN)
                return;
            if (count < 0)
                (_inputEnded, _start) = (true, _end);
            else
                _start += (int)count;
        }
    }
}
