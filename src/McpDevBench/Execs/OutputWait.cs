namespace McpDevBench.Execs;

/// <summary>Waits for the output of a running command, as a poll asks for it. Many small pieces of output are one answer.</summary>
internal sealed class OutputWait(ActiveExec active, PollRequest request, LineScanner? lines, TimeProvider time)
{
    /// <summary>So much output is an answer, also while more comes.</summary>
    public const int EnoughBytes = 4096;

    /// <summary>Without output for so long, what has come is an answer.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    /// <summary>So long after the first output, with <see cref="PollUntil.Output"/>.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly long _started = time.GetTimestamp();
    private readonly bool _wasFinished = active.Exec.Finished;
    private readonly TimeSpan _limit = TimeSpan.FromMilliseconds(request.WaitMs);
    private long _before = -1, _seen, _lastChange = active.LastOutput;
    private readonly InputEcho? _echo = active.Exec.IsTerminal ? request.Echo : null;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = active.Changed;
            // The end of the command is an answer too; its background may go on to write.
            if (active.Exec.Complete || (active.Exec.Finished && !_wasFinished))
                return;
            var pause = Min(_limit - time.GetElapsedTime(_started), UntilEnough());
            if (pause <= TimeSpan.Zero)
                return;
            await changed.WaitAsync(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (CallDeadline.EndsWait(cancellationToken))
                return;
        }
    }

    /// <returns>How long to wait if nothing more comes.</returns>
    private TimeSpan UntilEnough()
    {
        switch (request.Until)
        {
            case PollUntil.Exit:
                return TimeSpan.MaxValue;
            case PollUntil.Match:
                lines!.Advance(active.Log);
                return lines.HasMatch ? TimeSpan.Zero : TimeSpan.MaxValue;
        }
        var bytes = BytesAfter();
        if (bytes == 0 || IsEcho(bytes))
            return TimeSpan.MaxValue;
        if (bytes >= Math.Min(EnoughBytes, request.MaxBytes))
            return TimeSpan.Zero;
        var isFirst = _seen == 0;
        if (bytes > _seen && (request.Until == PollUntil.Settled || isFirst))
            _lastChange = active.LastOutput;
        _seen = bytes;
        return (request.Until == PollUntil.Settled ? Quiet : Moment) - time.GetElapsedTime(_lastChange);
    }

    /// <summary>The program has not answered yet.</summary>
    private bool IsEcho(long bytes)
    {
        if (_echo is null || bytes > _echo.MaxBytes)
            return false;
        var output = OutputPager.Page(active.Log, request with { MaxBytes = 6 * _echo.MaxBytes, Separate = false, StripAnsi = false });
        return _echo.IsAll(string.Concat(output.Messages.Select(message => message.Data)));
    }

    /// <summary>Bytes after after_seq of what is asked for. An unfinished character is not output yet.</summary>
    private long BytesAfter()
    {
        var log = active.Log;
        if (request.Grep is not null)
        {
            lines!.Advance(log);
            return lines.Size;
        }
        var after = request.After;
        if (log.NextSeq <= after.Seq + 1)
            return 0;
        if (_before < 0)
        {
            log.Read(after.Seq, (in OutputRecord record, ReadOnlySpan<byte> content) =>
            {
                var from = record.Seq == after.Seq + 1 ? record.Behind(content[..Math.Min(after.Bytes, content.Length)]) : record;
                _before = Count(from.Offset, from.StdoutBefore);
                return false;
            });
        }
        var unfinished = Count(log.UnfinishedBytes(1) + log.UnfinishedBytes(2), log.UnfinishedBytes(1));
        return Math.Max(0, Count(log.EndOffset, log.StdoutBytes) - Math.Max(0, _before) - unfinished);
    }

    private long Count(long both, long stdout) => request.Stream switch
    {
        "stdout" => stdout,
        "stderr" => both - stdout,
        _ => both,
    };

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
