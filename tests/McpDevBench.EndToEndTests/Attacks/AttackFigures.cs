namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>What an attack cost or was measured to do, for its row of the report.</summary>
internal static class AttackFigures
{
    private const string Key = "attack figures";

    public static string OfCurrentTest =>
        TestContext.Current.KeyValueStorage.TryGetValue(KeyOfTest, out var figures) ? (string)figures! : "";

    /// <summary>The storage is shared by all tests of a run.</summary>
    private static string KeyOfTest => $"{Key} {TestContext.Current.Test?.UniqueID}";

    /// <param name="figure">A number with its unit and what it is of: <c>fs_read P95 12 ms</c>.</param>
    public static void Add(string figure) =>
        TestContext.Current.KeyValueStorage.AddOrUpdate(KeyOfTest, figure, (_, earlier) => $"{earlier}, {figure}");
}
