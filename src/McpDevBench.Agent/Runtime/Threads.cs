namespace McpDevBench.Agent.Runtime;

/// <summary>Every thread of the agent is started before the first exec, and none after.</summary>
internal static class Threads
{
    private const int StackSize = 256 << 10;

    public static void Start(string name, Action run)
        => new Thread(new ThreadStart(run), StackSize) { IsBackground = true, Name = name }.Start();
}
