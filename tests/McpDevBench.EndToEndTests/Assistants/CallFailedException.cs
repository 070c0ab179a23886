namespace McpDevBench.EndToEndTests.Assistants;

/// <summary>A tool answered with an error that a model can put right.</summary>
public sealed class CallFailedException(string tool, ErrorDetail refusal, string text) : Exception(
    $"{tool}: {refusal.Code}: {refusal.Message} ({refusal.Hint})")
{
    public ErrorDetail Refusal { get; } = refusal;

    /// <summary>What a model reads.</summary>
    public string Text { get; } = text;
}

/// <summary>The form of every refusal: a code, what was wrong, what to do, and nothing of the server's inside.</summary>
public static class Refused
{
    public static async Task<ErrorDetail> With(string code, Func<Task> call)
    {
        var refusal = await Somehow(call);
        Assert.True(refusal.Code == code, $"expected the code '{code}', got '{refusal.Code}': {refusal.Message}");
        return refusal;
    }

    public static async Task<ErrorDetail> WithOneOf(string[] codes, Func<Task> call)
    {
        var refusal = await Somehow(call);
        Assert.True(codes.Contains(refusal.Code), $"expected one of {string.Join(", ", codes)}, got '{refusal.Code}': {refusal.Message}");
        return refusal;
    }

    public static async Task<ErrorDetail> Somehow(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<CallFailedException>(call);
        var refusal = refused.Refusal;
        Assert.NotEmpty(refusal.Message);
        Assert.NotEmpty(refusal.Hint);
        // Clients show the model either the text or the structure: both have to say it all.
        Assert.Contains(refusal.Hint, refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", refused.Text, StringComparison.Ordinal);
        Assert.True(refused.Text.Length < 4096, "an error of more than 4 KB");
        return refusal;
    }
}
