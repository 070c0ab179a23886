using System.Collections.Concurrent;
using System.Security.Cryptography;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Audit;

/// <summary>
/// The only writer of the audit log, on its own thread (group commit): numbers and chains all waiting entries, commits them in one
/// transaction, appends them to the file, and completes their callers. Each caller waits for about one commit.
/// </summary>
internal sealed partial class AuditWriter : IDisposable
{
    private const int Capacity = 4096, MaxConcurrent = 512, PageSize = 1000;

    private readonly AuditStore _store;
    private readonly AuditChain _chain;
    private readonly AuditFile? _file;
    private readonly AuditMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BlockingCollection<Pending> _queue = [];
    private readonly SemaphoreSlim _room = new(Capacity);
    private readonly List<Pending> _group = [];
    private readonly List<AuditRecord> _records = [];
    private readonly Thread _thread;
    private AuditMark _last;
    private long _exported;
    private bool _fileFails;
    private volatile bool _fails;

    public AuditWriter(AuditStore store, AuditChain chain, string? file, MetricCatalogue metrics, TimeProvider time, ILogger logger)
    {
        (_store, _chain, _metrics, _time, _logger) = (store, chain, metrics.Audit, time, logger);
        _file = file is null ? null : new AuditFile(file);
        _last = Continue();
        _exported = store.Mark(AuditMark.Exported).Seq;
        metrics.BeforeCollect(() => _metrics.Queued(_queue.Count));
        _thread = new Thread(Run) { IsBackground = true, Name = "audit" };
        // Unsafe: without the execution context of the first call.
        _thread.UnsafeStart();
    }

    /// <summary>Whether the last write failed.</summary>
    public bool Fails => _fails;

    /// <summary>Completes when the entry is committed.</summary>
    /// <param name="entry">Null for a test write.</param>
    /// <exception cref="RequestException">resource_exhausted: it could not be written.</exception>
    public async Task AppendAsync(AuditEntry? entry)
    {
        var pending = new Pending(entry?.Cleaned(), _time.GetTimestamp());
        await _room.WaitAsync();
        try
        {
            _queue.Add(pending);
        }
        catch (InvalidOperationException e)
        {
            throw NotRecorded(e, "The server is stopping.");
        }
        await pending.Task;
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _file?.Dispose();
    }

    private void Run()
    {
        Export();
        while (_queue.TryTake(out var next, Timeout.Infinite))
        {
            do
                _group.Add(next);
            while (_group.Count < MaxConcurrent && _queue.TryTake(out next));
            WriteGroup();
            _room.Release(_group.Count);
            _group.Clear();
        }
        // An empty group, to update the file's mark.
        WriteGroup();
        LogClosed(_logger, _last.Seq, Convert.ToHexStringLower(_last.Hash));
    }

    private void WriteGroup()
    {
        try
        {
            Commit();
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }
        if (_fails)
            LogWorksAgain(_logger);
        _fails = false;
        Export();
        foreach (var pending in _group)
        {
            if (pending.Entry is { } entry)
                _metrics.Written(entry.EventType, _last.Seq, _time.GetElapsedTime(pending.At));
            pending.SetResult();
        }
    }

    private void Commit()
    {
        _records.Clear();
        var (seq, hash) = (_last.Seq, _last.Hash);
        foreach (var pending in _group)
        {
            if (pending.Entry is not { } entry)
                continue;
            var own = _chain.Hash(++seq, entry, hash);
            _records.Add(new AuditRecord(seq, entry, hash, own));
            hash = own;
        }
        var last = new AuditMark(AuditMark.Last, seq, hash, _chain.Seal(AuditMark.Last, seq, hash));
        // The file's mark lags by one group, which matters only if the file does not show its last record.
        _store.Append(_records, _file is null ? [last] : [last, new AuditMark(AuditMark.Exported, _exported, [], [])]);
        _last = last;
    }

    private void Fail(Exception e)
    {
        if (!_fails)
            LogFails(_logger, e);
        _fails = true;
        var error = NotRecorded(e, e is RequestException known ? known.Message : "The server's log has the reason.");
        foreach (var pending in _group)
            pending.SetException(error);
    }

    /// <summary>
    /// Appends the group to the file; if the file was rotated, all records that it lacks. A failure is made up for later: the rows are
    /// authoritative.
    /// </summary>
    private void Export()
    {
        if (_file is null)
            return;
        try
        {
            if (!_file.IsInPlace)
                CatchUp(_file);
            else if (_records.Count > 0)
                _file.Append(_records);
            (_exported, _fileFails) = (_last.Seq, false);
        }
        catch (Exception e)
        {
            _file.Close();
            if (!_fileFails)
                LogFileFails(_logger, e);
            _fileFails = true;
        }
    }

    private void CatchUp(AuditFile file)
    {
        // A file without a record has been rotated: it gets new records only. Otherwise its last line has the number.
        var from = file.Open() ?? _exported;
        while (_store.After(AuditFilter.All, from, PageSize) is { Count: > 0 } page)
        {
            file.Append(page);
            from = page[^1].Seq;
        }
    }

    /// <summary>
    /// Where the chain continues. If its end was changed, a number is skipped, so that the break stays visible.
    /// </summary>
    private AuditMark Continue()
    {
        var (mark, newest) = (_store.Mark(AuditMark.Last), _store.Before(AuditFilter.All, long.MaxValue, 1).FirstOrDefault());
        var untouched = mark.Seq == 0 && newest is null;
        var sealedEnd = CryptographicOperations.FixedTimeEquals(mark.Seal, _chain.Seal(AuditMark.Last, mark.Seq, mark.Hash)) && (
            newest is null || (newest.Seq == mark.Seq && newest.Hash.AsSpan().SequenceEqual(mark.Hash)));
        LogOpened(_logger, mark.Seq, Convert.ToHexStringLower(mark.Hash));
        if (untouched || sealedEnd)
            return mark;
        LogBroken(_logger);
        return mark with { Seq = Math.Max(mark.Seq, newest?.Seq ?? 0) + 1 };
    }

    private static RequestException NotRecorded(Exception e, string reason) => new(
        ErrorCode.ResourceExhausted, $"The audit log cannot be written, so this call is not allowed. {reason}",
        "Reading and kill still work. Ask the operator to make room on the server's disk; then look at what was done, and call again.",
        retryable: true, e);

    private sealed class Pending(AuditEntry? entry, long at) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public AuditEntry? Entry => entry;

        /// <summary>When it was queued.</summary>
        public long At => at;
    }

    // These two lines, kept elsewhere, prove that no record was removed from the end.
    [LoggerMessage(LogLevel.Information, "Audit log opened")]
    private static partial void LogOpened(ILogger logger, long seq, string hash);

    [LoggerMessage(LogLevel.Information, "Audit log closed")]
    private static partial void LogClosed(ILogger logger, long seq, string hash);

    [LoggerMessage(LogLevel.Critical, "Audit log was changed at its end; run mcp-devbench audit verify")]
    private static partial void LogBroken(ILogger logger);

    [LoggerMessage(LogLevel.Error, "Audit log cannot be written")]
    private static partial void LogFails(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Information, "Audit log can be written again")]
    private static partial void LogWorksAgain(ILogger logger);

    [LoggerMessage(LogLevel.Error, "Audit file cannot be written; retrying")]
    private static partial void LogFileFails(ILogger logger, Exception exception);
}
