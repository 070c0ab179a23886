namespace McpDevBench.Tests.Vocabulary;

public sealed class MemoryBudgetTests
{
    private readonly SteppedTime _time = new();

    [Fact]
    public async Task What_does_not_fit_waits_its_turn()
    {
        var budget = new MemoryBudget(100, _time);
        Assert.Equal(60, await budget.TakeAsync(60, default));
        var large = budget.TakeAsync(70, default).AsTask();
        // It would fit, and must not overtake: else the large one waits for ever.
        var small = budget.TakeAsync(10, default).AsTask();
        Assert.False(large.IsCompleted || small.IsCompleted);
        budget.Give(60);
        Assert.Equal((70, 10), (await large, await small));
        Assert.Equal(80, budget.Used);
    }

    [Fact]
    public async Task More_than_all_is_all()
    {
        var budget = new MemoryBudget(100, _time);
        Assert.Equal(100, await budget.TakeAsync(1_000_000, default));
        budget.Give(100);
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task Who_leaves_the_queue_lets_the_next_one_in()
    {
        var budget = new MemoryBudget(100, _time);
        await budget.TakeAsync(60, default);
        using var leaves = new CancellationTokenSource();
        var large = budget.TakeAsync(70, leaves.Token).AsTask();
        var small = budget.TakeAsync(10, default).AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        Assert.Equal(10, await small);
        Assert.Equal(70, budget.Used);
    }

    [Fact]
    public async Task Nobody_waits_for_ever()
    {
        var budget = new MemoryBudget(100, _time);
        await budget.TakeAsync(60, default);
        var waiting = budget.TakeAsync(70, default).AsTask();
        _time.Advance(TimeSpan.FromMinutes(1));
        var refusal = await Assert.ThrowsAsync<RequestException>(() => waiting);
        Assert.Equal((ErrorCode.ResourceExhausted, true), (refusal.Code, refusal.Retryable));
        Assert.Equal(60, budget.Used);
    }

    [Fact]
    public async Task A_call_gives_back_what_it_took_and_takes_for_its_answer_once()
    {
        var budgets = new CallBudgets(_time);
        using (var call = CallMemory.Begin(budgets))
        {
            await call.TakeForBodyAsync(1 << 20, default);
            var reading = budgets.Large.Used;
            await call.TakeForParsingAsync(1 << 20, 10, default);
            call.Parsed();
            Assert.InRange(budgets.Large.Used, 1 << 20, reading - (1 << 20));
            await CallMemory.TakeForAnswerAsync(CallMemory.SmallBytes, CallMemory.TextFactor, default);
            Assert.Equal(0, budgets.Answers.Used);
            await CallMemory.TakeForAnswerAsync(256 << 10, CallMemory.TextFactor, default);
            var answer = budgets.Answers.Used;
            await CallMemory.TakeForAnswerAsync(256 << 10, CallMemory.TextFactor, default);
            Assert.Equal((256 << 10) * CallMemory.TextFactor, answer);
            Assert.Equal(answer, budgets.Answers.Used);
        }
        Assert.Equal((0, 0, 0), (budgets.Small.Used, budgets.Large.Used, budgets.Answers.Used));
    }
}
