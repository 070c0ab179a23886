using System.Globalization;

namespace McpDevBench.Execs;

/// <summary>Reads the output of commands, running or ended, and waits for it. Waiting ends with the caller; the command does not.</summary>
internal sealed class ExecReader(ExecLookup execs, ExecControl control, ExecSupervisor supervisor, OutputFolder folder, TimeProvider time)
{
    /// <summary>Waits for the end of a command, and gives its output so far.</summary>
    /// <param name="onOutput">Called when there is new output in the log, while waiting.</param>
    public async Task<ExecResult> FollowAsync(
        Exec exec, int waitMs, int maxOutputBytes, Action<OutputLog>? onOutput, CancellationToken cancellationToken)
    {
        await WaitForEndAsync(exec, waitMs, onOutput, cancellationToken);
        await CallMemory.TakeForAnswerAsync(maxOutputBytes, CallMemory.TextFactor, cancellationToken);
        return Read(exec, (current, log) => new ExecResult(current, OutputPager.HeadAndTail(log, maxOutputBytes)));
    }

    /// <summary>Waits for the end of a command, and gives the first page of its output.</summary>
    public async Task<OutputPage> FollowAsync(
        Exec exec, PollRequest request, Action<OutputLog>? onOutput, CancellationToken cancellationToken)
    {
        await WaitForEndAsync(exec, request.WaitMs, onOutput, cancellationToken);
        await CallMemory.TakeForAnswerAsync(request.MaxBytes, CallMemory.TextFactor, cancellationToken);
        return Read(exec, (current, log) => PageOf(current, OutputPager.Page(log, request), log));
    }

    public async Task<OutputPage> PollAsync(Caller caller, PollRequest request, CancellationToken cancellationToken)
    {
        var exec = execs.Find(caller, request.ExecId);
        var lines = request.ByLine ? new LineScanner(request) : null;
        var active = supervisor.Find(exec.Id);
        if (active is not null && request.WaitMs > 0)
        {
            var awaited = request.Match is { } match ? new LineScanner(request with { Grep = match }) : lines;
            await new OutputWait(active, request, awaited, time).RunAsync(cancellationToken);
        }
        await CallMemory.TakeForAnswerAsync(request.MaxBytes, CallMemory.TextFactor, cancellationToken);
        return Read(exec, active, (current, log) =>
        {
            if (request.After.IsBeyond(log) && request.AfterSeq >= 0 && !current.OutputRemoved)
                throw Beyond(request, log);
            lines?.Advance(log);
            return PageOf(current, lines?.ToSlice(log, current.Complete) ?? OutputPager.Page(log, request), log);
        });
    }

    /// <summary>Whether a command does not go on, because its container is paused. Docker is not asked while output comes.</summary>
    /// <param name="output">What was read of it just now.</param>
    public async Task<bool> IsPausedAsync(Exec exec, OutputSlice? output = null) =>
        (exec.Unsettled || output is not { Messages.Count: > 0 }) && await control.IsPausedAsync(exec);

    /// <summary>The last piece of output so far; -1 if there is none.</summary>
    public long LastSeq(Caller caller, string execId) => Read(execs.Find(caller, execId), (_, log) => log.NextSeq - 1);

    /// <summary>All that the log has, as bytes; for the resource <c>exec://…/log</c>.</summary>
    public byte[] ReadLog(Caller caller, string execId, int maxBytes, CancellationToken stop) =>
        Read(execs.Find(caller, execId), (_, log) =>
    {
        if (log.EndOffset - log.DroppedBytes > maxBytes)
            throw TooLarge(execId, log, maxBytes);
        var bytes = new MemoryStream();
        log.Read(-1, (in OutputRecord _, ReadOnlySpan<byte> content) =>
        {
            bytes.Write(content);
            return !stop.IsCancellationRequested;
        });
        return bytes.ToArray();
    });

    private async Task WaitForEndAsync(Exec exec, int waitMs, Action<OutputLog>? onOutput, CancellationToken cancellationToken)
    {
        if (supervisor.Find(exec.Id) is { } active)
            await active.WaitForEndAsync(TimeSpan.FromMilliseconds(waitMs), time, onOutput, cancellationToken);
    }

    private T Read<T>(Exec exec, Func<Exec, OutputLog, T> read) => Read(exec, supervisor.Find(exec.Id), read);

    private T Read<T>(Exec exec, ActiveExec? active, Func<Exec, OutputLog, T> read)
    {
        // The end first, then the output: what is read after that is all there was if it had ended before.
        var current = active?.Exec ?? execs.Lookup(exec.Id) ?? exec;
        if (active is not null)
            return read(current, active.Log);
        using var log = folder.Open(exec.Id);
        return read(current, log);
    }

    private static OutputPage PageOf(Exec exec, OutputSlice slice, OutputLog log) =>
        new(exec, slice, Complete: exec.Complete && slice.Next.Seq >= log.NextSeq - 1);

    private static RequestException Beyond(PollRequest request, OutputLog log) => new(
        ErrorCode.InvalidArgument,
        string.Create(
            CultureInfo.InvariantCulture, $"after_seq={request.AfterSeq} is beyond the output; its last seq is {log.NextSeq - 1}."),
        "Pass next_seq of the last answer, or -1 to read from the beginning.");

    private static RequestException TooLarge(string execId, OutputLog log, int maxBytes) => new(
        ErrorCode.ResourceExhausted,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The log of {execId} has {log.EndOffset - log.DroppedBytes} bytes; a resource may have {maxBytes}."),
        "Read it with exec_poll in pages, or a part of it with grep or tail_lines.");
}
