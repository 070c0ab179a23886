using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>The programs of tests/clients, which run on a Node of their own.</summary>
internal static class TestClients
{
    private static readonly string _folder = System.IO.Path.Combine(Repository.Root, "tests", "clients");
    private static readonly string _programs = System.IO.Path.Combine(_folder, "node_modules", ".bin");

    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["PATH"] = $"{_programs}:{System.Environment.GetEnvironmentVariable("PATH")}",
    };

    public static string Path(string program) => System.IO.Path.Combine(_programs, program);

    public static string File(string name) => System.IO.Path.Combine(_folder, name);
}
