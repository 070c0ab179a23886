using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>The files that every workspace has before the load begins: a small project to look at, read and search.</summary>
internal static class Sources
{
    public const string Folder = "src";
    public const int Count = 40;

    /// <summary>A word that stands in every file once.</summary>
    public const string Word = "needle";

    public static string Path(int number) => $"{Folder}/file-{number % Count:00}.txt";

    /// <summary>About two kilobytes.</summary>
    public static string Content(int number) =>
        string.Concat(
            Enumerable.Range(0, 40).Select(
                line =>
                    line == 20 ? $"{Word} of file {number % Count}\n" : $"line {line} of file {number % Count}, forty characters or so\n"));

    public static Task WriteAsync(Visit visit) => visit.CallHereAsync(
        "fs_batch",
        ("operations",
            Enumerable.Range(0, Count).Select(number => new { op = "write", path = Path(number), content = Content(number) }).ToArray()));
}
