namespace McpDevBench.Mcp;

/// <summary>Tools that are offered together: <c>MCP_TOOLSETS</c> names them.</summary>
internal enum Toolset
{
    /// <summary>Workspaces, their images, and the status of the server.</summary>
    Workspace,

    /// <summary>Commands.</summary>
    Exec,

    /// <summary>Files.</summary>
    Files,

    /// <summary>The server itself: what an operator asks for, and a model seldom needs.</summary>
    Operator,
}
