using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using System.Text.RegularExpressions;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// The values of a script block's <c>$using:</c> expressions in the caller's session, under the keys by which the engine finds them in
/// the child: base64 of the expression's UTF-16 text, in lower case where it is a plain variable.
/// </summary>
internal static partial class UsingValues
{
    /// <summary>Evaluates the expressions.</summary>
    /// <exception cref="RuntimeException">A variable is not set.</exception>
    public static Hashtable Collect(ScriptBlock script, PSCmdlet caller)
    {
        var values = new Hashtable(StringComparer.Ordinal);
        foreach (UsingExpressionAst expression in script.Ast.FindAll(static a => a is UsingExpressionAst, searchNestedScriptBlocks: true))
        {
            string key = KeyOf(expression);
            if (!values.ContainsKey(key) && TryEvaluate(expression, script, caller, out object? value))
            {
                values[key] = value;
            }
        }

        return values;
    }

    private static string KeyOf(UsingExpressionAst expression)
    {
        string text = expression.ToString();
        return Convert.ToBase64String(Encoding.Unicode.GetBytes(
            expression.SubExpression is VariableExpressionAst ? LowerCase(text) : text));
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Globalization", "CA1308", Justification = "The engine's own keys are in lower case.")]
    private static string LowerCase(string text) => text.ToLowerInvariant();

    private static bool TryEvaluate(UsingExpressionAst expression, ScriptBlock script, PSCmdlet caller, out object? value)
    {
        if (expression.SubExpression is VariableExpressionAst variable && !variable.VariablePath.IsDriveQualified)
        {
            PSVariable? found = caller.SessionState.PSVariable.Get(variable.VariablePath.UserPath);
            value = found?.Value;
            if (found is null && PoolWorker.Current is { } worker && worker.TryGetUsing(KeyOf(expression), out value))
            {
                return true; // This process is a worker, and was given it as such a value itself.
            }

            return found is not null || (IsNested(expression, script) ? false : throw Undefined(expression));
        }

        // An element, a property, or a variable of a drive such as $using:env:PATH: evaluated as written, without the prefix.
        var plain = ScriptBlock.Create(UsingPrefix().Replace(expression.ToString(), "$$$1"));
        object?[] results = [.. caller.SessionState.InvokeCommand.InvokeScript(caller.SessionState, plain)];
        value = results.Length == 1 ? results[0] : results.Length == 0 ? null : results;
        return true;
    }

    /// <summary>Inside a script block of the script, the expression may be meant for what that block is given to.</summary>
    private static bool IsNested(Ast expression, ScriptBlock script)
    {
        for (Ast? ast = expression.Parent; ast is not null && ast != script.Ast; ast = ast.Parent)
        {
            if (ast is ScriptBlockExpressionAst)
            {
                return ast.Parent != script.Ast.Parent;
            }
        }

        return false;
    }

    private static RuntimeException Undefined(UsingExpressionAst expression)
    {
        string message = Messages.UsingVariableNotSet.With(expression);
        return new RuntimeException(message, null, new ErrorRecord(
            new RuntimeException(message), "UsingVariableIsUndefined", ErrorCategory.InvalidArgument, expression.ToString()));
    }

    [GeneratedRegex(@"\$(\{?)using:", RegexOptions.IgnoreCase)]
    private static partial Regex UsingPrefix();
}
