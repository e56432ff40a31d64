using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>A C compiler on this machine, and its tool that copies a section out of an object file.</summary>
/// <param name="Command">The compiler.</param>
/// <param name="CopyCommand">The tool.</param>
internal sealed record CCompiler(string Command, string CopyCommand)
{
    /// <summary>The compiler for an ABI; null where there is none.</summary>
    public static CCompiler? For(string abi) => abi switch
    {
        "SystemVX64" => Find("gcc", "objcopy"),
        "AArch64" => Find("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objcopy"),
        _ => Find("x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-objcopy"),
    };

    /// <summary>The bytes of a section of what a text is compiled to. Nothing of it is run, so it can be for another machine.</summary>
    public byte[] Section(string source, string section)
    {
        using var folder = new TemporaryFolder();
        string code = Path.Combine(folder.Path, "code.c");
        string compiled = Path.Combine(folder.Path, "code.o");
        string bytes = Path.Combine(folder.Path, "code.bin");
        File.WriteAllText(code, source);
        Run(Command, "-c", "-w", "-O0", "-fno-toplevel-reorder", code, "-o", compiled);
        Run(CopyCommand, "-O", "binary", "--only-section=" + section, "--set-section-flags", section + "=alloc", compiled, bytes);
        return File.ReadAllBytes(bytes);
    }

    /// <summary>Compiles a library that can be loaded.</summary>
    public void Library(string source, string path)
    {
        string code = path + ".c";
        File.WriteAllText(code, source);
        Run(Command, "-shared", "-fPIC", "-O1", code, "-o", path, "-lm");
    }

    private static CCompiler? Find(string command, string copyCommand) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, command))) ? new CCompiler(command, copyCommand) : null;

    private static void Run(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }
}
