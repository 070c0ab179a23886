using System.Runtime.InteropServices;

namespace McpDevBench.Observability.Logs;

/// <summary>
/// Standard error, for one writer. It may be a pipe without a reader: a write to a full pipe waits once for a moment, and from then on not
/// at all until the pipe is writable again.
/// </summary>
internal sealed partial class StandardError(int descriptor = 2) : WriteOnlyStream
{
    /// <summary>Of so many bytes a pipe takes all at once if it is writable at all (PIPE_BUF).</summary>
    private const int Part = 4096;

    /// <summary>A reader that has much else to do is not one that does not read.</summary>
    private const int TimeoutMilliseconds = 1000;

    // POLLOUT, EINTR, EAGAIN.
    private const short Writable = 4;
    private const int Interrupted = 4, TryAgain = 11;

    private byte[] _rest = [];
    private bool _full;

    /// <exception cref="IOException">It cannot be written; nothing of the line is or will be in it.</exception>
    public override void Write(ReadOnlySpan<byte> line)
    {
        if (_rest.Length > 0)
        {
            var old = WriteWhatFits(_rest);
            _rest = _rest[old..];
        }
        var written = _rest.Length > 0 ? 0 : WriteWhatFits(line);
        if (written == 0 && line.Length > 0)
            throw new IOException("It is not read.");
        _rest = written < line.Length ? line[written..].ToArray() : _rest;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    private int WriteWhatFits(ReadOnlySpan<byte> bytes)
    {
        var written = 0;
        while (written < bytes.Length && IsWritable())
        {
            var part = bytes.Slice(written, Math.Min(Part, bytes.Length - written));
            var count = (int)WriteTo(descriptor, part, part.Length);
            if (count >= 0)
                written += count;
            else if (Marshal.GetLastPInvokeError() is TryAgain)
                _full = true;
            else if (Marshal.GetLastPInvokeError() is not Interrupted)
                throw Failure();
        }
        return written;
    }

    private bool IsWritable()
    {
        var asked = new Poll { Descriptor = descriptor, Events = Writable };
        int ready;
        do
            ready = PollFor(ref asked, 1, _full ? 0 : TimeoutMilliseconds);
        while (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        // A broken pipe counts as writable: the write reports the error.
        _full = ready == 0;
        return ready != 0;
    }

    /// <summary>The rest of what it took a part of is lost with it.</summary>
    private IOException Failure()
    {
        _rest = [];
        return new(Marshal.GetLastPInvokeErrorMessage());
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollFor(ref Poll descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> bytes, nint count);
}
