namespace McpDevBench.Cli;

/// <summary>Something that the program does, once.</summary>
internal abstract class Command
{
    /// <returns>The exit code: 0, or 1 when it failed, or 2 when it was told something wrong.</returns>
    public abstract Task<int> RunAsync();
}

/// <summary>Says something: an answer to standard output, a mistake to standard error.</summary>
internal sealed class PrintCommand(string text, int exitCode = 0) : Command
{
    public override async Task<int> RunAsync()
    {
        await (exitCode == 0 ? Console.Out : Console.Error).WriteLineAsync(text);
        return exitCode;
    }
}
