namespace McpDevBench.Tests;

/// <summary>Waits for what raises no event. The timeout is a safety net that no loaded machine reaches, never an expectation.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static void Is(Func<bool> condition, string otherwise) => Is(condition, () => otherwise);

    public static void Is(Func<bool> condition, Func<string> otherwise) =>
        Assert.True(SpinWait.SpinUntil(condition, Timeout), otherwise());

    public static Task IsAsync(Func<bool> condition) => IsAsync(() => Task.FromResult(condition()));

    public static async Task IsAsync(Func<Task<bool>> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Timeout);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), timeout.Token);
    }
}
