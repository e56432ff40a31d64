namespace PSIpc.Help;

/// <summary>Makes the files that Get-Help reads: <c>PSIpc.Help DOCS OUTPUT</c>.</summary>
internal static class Program
{
    private const string HelpFile = "PSIpc.dll-Help.xml";

    private static int Main(string[] arguments)
    {
        if (arguments is not [string docs, string output])
        {
            Console.Error.WriteLine("usage: PSIpc.Help DOCS OUTPUT");
            return 64;
        }

        try
        {
            Directory.CreateDirectory(output);
            foreach (string stale in Directory.GetFiles(output, "about_*.help.txt"))
            {
                File.Delete(stale);
            }

            foreach (string path in Pages(docs, "about"))
            {
                File.WriteAllText(Path.Combine(output, Path.GetFileNameWithoutExtension(path) + ".help.txt"), AboutTopic.ToText(File.ReadAllText(path)));
            }

            // Last: the build looks at its time.
            MamlWriter.Write(Path.Combine(output, HelpFile), Pages(docs, "cmdlets").Select(CmdletPage.Read));
            return 0;
        }
        catch (PageException e)
        {
            // The form in which MSBuild finds errors.
            Console.Error.WriteLine($"{e.Path}({e.Line}): error PSIPCHELP: {e.Message}");
            return 1;
        }
    }

    private static string[] Pages(string docs, string folder) =>
        [.. Directory.GetFiles(Path.Combine(docs, folder), "*.md").Order(StringComparer.Ordinal)];
}
