using System.Runtime.InteropServices;

namespace McpDevBench.Agent.Linux;

/// <summary>What <c>launch.c</c> needs to know, laid out as there.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Launch
{
    public byte* Program;
    public byte** Arguments;
    public byte** Environment;

    /// <summary>The terminal to open as standard input, output and error; null: the descriptors.</summary>
    public byte* Terminal;
    public int WorkingDirectory;

    /// <summary>-1: /dev/null.</summary>
    public int Stdin;
    public int Stdout;
    public int Stderr;

    /// <summary>Of the exec's pipe report; -1: none.</summary>
    public int Report;
    public int ReportAs;

    /// <summary>0: the child stays who the agent is.</summary>
    public int ChangesUser;
    public uint User;
    public uint Group;
    public uint Mark;

    /// <summary>Set by the kernel, before the child runs.</summary>
    public int Pid;

    /// <summary>Why the child has no program, as an error number; 0 if it has.</summary>
    public int Error;
}
