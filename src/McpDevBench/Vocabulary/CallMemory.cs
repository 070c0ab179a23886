namespace McpDevBench.Vocabulary;

/// <summary>
/// The budgets that all calls share: one for small requests, so that they do not wait behind large ones, and one for large answers.
/// </summary>
internal sealed class CallBudgets(TimeProvider time)
{
    private const long Mebi = 1 << 20;

    public MemoryBudget Small { get; } = new(12 * Mebi, time);

    public MemoryBudget Large { get; } = new(36 * Mebi, time);

    public MemoryBudget Answers { get; } = new(24 * Mebi, time);

    public HeapTrimmer Trimmer { get; } = new();
}

/// <summary>
/// What the call that is being served takes of the server's memory, until its answer has been sent. It flows with the asynchronous call.
/// </summary>
internal sealed class CallMemory : IDisposable
{
    /// <summary>Larger requests and answers are few at a time.</summary>
    public const int SmallBytes = 64 << 10;

    /// <summary>A call that takes no more never waits: to read, cancel and kill works beside any number of larger calls.</summary>
    private const int FreeBytes = 64 << 10;

    /// <summary>
    /// Of one byte of a request while it is read: the text itself, copies of it in JSON, and strings of two bytes a letter.
    /// </summary>
    private const int ReadingFactor = 10;

    /// <summary>Of one byte of a request whose arguments have been read, as long as its call runs.</summary>
    private const int KeptFactor = 5;

    /// <summary>Of one name or value in a request, however short.</summary>
    private const int ElementBytes = 128;

    /// <summary>
    /// Of one byte of text in an answer: as a string for a model and one for a program, with escapes, in JSON and on its way.
    /// </summary>
    public const int TextFactor = 48;

    /// <summary>Of one byte of content that the answer has once, and without escapes.</summary>
    public const int BinaryFactor = 7;

    private static readonly AsyncLocal<CallMemory?> _current = new();

    private readonly CallBudgets _budgets;
    private MemoryBudget? _requests;
    private long _request, _answer, _kept;

    private CallMemory(CallBudgets budgets) => _budgets = budgets;

    /// <summary>Null outside of a call.</summary>
    public static CallMemory? Current => _current.Value;

    public static CallMemory Begin(CallBudgets budgets) => _current.Value = new CallMemory(budgets);

    /// <summary>Waits until content of so many bytes can be read for the answer. Nothing for a small one.</summary>
    public static async ValueTask TakeForAnswerAsync(long bytes, int factor, CancellationToken cancellationToken)
    {
        // Only once: what waits for more while it holds some can wait for ever.
        if (bytes > SmallBytes && Current is { _answer: 0 } call)
            call._answer = await call._budgets.Answers.TakeAsync(bytes * factor, cancellationToken);
    }

    /// <summary>Before a large request that has arrived is taken into memory.</summary>
    public async ValueTask TakeForBodyAsync(long bytes, CancellationToken cancellationToken)
    {
        _requests = _budgets.Large;
        _request = await _requests.TakeAsync(bytes * ReadingFactor, cancellationToken);
    }

    /// <summary>Before a request that has been read is made into objects.</summary>
    public async ValueTask TakeForParsingAsync(long bytes, int elements, CancellationToken cancellationToken)
    {
        _kept = (bytes * KeptFactor) + ((long)elements * ElementBytes);
        var needed = (bytes * ReadingFactor) + ((long)elements * ElementBytes);
        if (_requests is not null || needed <= FreeBytes)
            return;
        _requests = _budgets.Small;
        _request = await _requests.TakeAsync(needed, cancellationToken);
    }

    /// <summary>The arguments have been read, so most of the copies are garbage.</summary>
    public void Parsed()
    {
        if (_requests is null || _request <= _kept)
            return;
        _requests.Give(_request - _kept);
        _budgets.Trimmer.Released(_request - _kept);
        _request = _kept;
    }

    public void Dispose()
    {
        _requests?.Give(_request);
        _budgets.Answers.Give(_answer);
        _budgets.Trimmer.Released(_request + _answer);
        (_request, _answer) = (0, 0);
    }
}
