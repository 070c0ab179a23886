namespace McpDevBench.Cli;

/// <summary>A command of the program.</summary>
internal abstract class Command
{
    /// <returns>The exit code: 0 for success, 1 for a failure, 2 for wrong arguments or settings.</returns>
    public abstract Task<int> RunAsync();
}

/// <summary>Prints a text: to standard error if the exit code is not 0.</summary>
internal sealed class PrintCommand(string text, int exitCode = 0) : Command
{
    public override async Task<int> RunAsync()
    {
        await (exitCode == 0 ? Console.Out : Console.Error).WriteLineAsync(text);
        return exitCode;
    }
}
