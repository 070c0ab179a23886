namespace McpDevBench.Vocabulary;

/// <summary>
/// The time that is left of the call that is being served: one for the whole call, set where it enters. It flows with the asynchronous
/// call; background work that outlives the call leaves it first.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    /// <summary>For a call without a wait of its own, and for a transfer in which nothing moves.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes a second that a transfer has to move, in the mean of <see cref="DefaultTimeout"/>: one that trickles holds what others need.
    /// </summary>
    public const int MinRate = 4 << 10;

    /// <summary>On top of the wait that a call asks for: to reach the workspace and to answer.</summary>
    public static readonly TimeSpan Overhead = TimeSpan.FromSeconds(5);

    /// <summary>How long a call may go on after its time before it is answered without it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private static readonly AsyncLocal<CallDeadline?> _current = new();

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _caller;
    private readonly Lock _lock = new();
    private long _began;
    private TimeSpan _timeout;
    private bool _isOver;

    private CallDeadline(TimeProvider time, TimeSpan timeout, CancellationToken caller)
    {
        (_time, _timeout, _caller, _began) = (time, timeout, caller, time.GetTimestamp());
        _source = new CancellationTokenSource(timeout, time);
        _registration = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    /// <summary>Of the call that is being served, or null outside of one.</summary>
    public static CallDeadline? Current => _current.Value;

    /// <summary>Cancelled when the time is over or the caller has gone.</summary>
    public CancellationToken Token => _source.Token;

    public TimeSpan Timeout
    {
        get
        {
            lock (_lock)
                return _timeout;
        }
    }

    public TimeSpan Remaining
    {
        get
        {
            lock (_lock)
                return _timeout - _time.GetElapsedTime(_began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The time is over, and the caller still waits.</summary>
    public bool HasPassed => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Whether a call failed because its time was over.</summary>
    public bool IsReason(Exception failure) => HasPassed && failure is OperationCanceledException or TimeoutException;

    /// <summary>Whether a wait for what may or may not come has to end now, with what there is.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public static bool EndsWait(CancellationToken cancellationToken)
    {
        if (!cancellationToken.IsCancellationRequested)
            return false;
        if (Current is not { HasPassed: true })
            cancellationToken.ThrowIfCancellationRequested();
        return true;
    }

    /// <summary>A transfer of any size: it has no time limit while it moves at <see cref="MinRate"/>.</summary>
    public bool IsForTransfer { get; private init; }

    public static CallDeadline Begin(TimeProvider time, TimeSpan timeout, CancellationToken caller) =>
        _current.Value = new CallDeadline(time, timeout, caller);

    /// <param name="caller">Cancelled when the caller has gone.</param>
    public static CallDeadline BeginTransfer(TimeProvider time, CancellationToken caller) =>
        _current.Value = new CallDeadline(time, DefaultTimeout, caller) { IsForTransfer = true };

    /// <summary>What follows outlives the call, and so has no part in its time.</summary>
    public static void Leave() => _current.Value = null;

    /// <summary>The whole call may take so long, counted from its beginning.</summary>
    public void Set(TimeSpan timeout)
    {
        lock (_lock)
        {
            _timeout = timeout;
            Rearm();
        }
    }

    /// <summary>For work that rightly takes its time, and has a timeout of its own: pulling an image, bringing back a container.</summary>
    public void Extend(TimeSpan by)
    {
        lock (_lock)
        {
            _timeout += by;
            Rearm();
        }
    }

    /// <summary>So many bytes of a transfer have moved: that gives it the time that they take at <see cref="MinRate"/>.</summary>
    public void Moved(int bytes)
    {
        if (!IsForTransfer)
            return;
        lock (_lock)
        {
            _began = Math.Min(_time.GetTimestamp(), _began + (bytes * _time.TimestampFrequency / MinRate));
            Rearm();
        }
    }

    /// <inheritdoc cref="BoundAsync{T}"/>
    public async Task BoundAsync(Task call) => await BoundAsync(Completed(call));

    /// <summary>Answers in time also where the call does not: then it goes on without an audience.</summary>
    /// <exception cref="TimeoutException">The call did not end although its time is over.</exception>
    public async Task<T> BoundAsync<T>(Task<T> call)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = Token.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), over);
        if (await Task.WhenAny(call, over.Task) == call || !HasPassed)
            return await call;
        try
        {
            return await call.WaitAsync(Grace, _time);
        }
        catch (TimeoutException) when (!call.IsCompleted)
        {
            _ = call.ContinueWith(static late => _ = late.Exception, TaskScheduler.Default);
            throw;
        }
    }

    public void Dispose()
    {
        _registration.Dispose();
        lock (_lock)
        {
            _isOver = true;
            _source.Dispose();
        }
    }

    private static async Task<bool> Completed(Task call)
    {
        await call;
        return true;
    }

    private void Rearm()
    {
        if (!_isOver && !_source.IsCancellationRequested)
            _source.CancelAfter(_timeout - _time.GetElapsedTime(_began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }
}
