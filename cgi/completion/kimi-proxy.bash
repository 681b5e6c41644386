# SPDX-License-Identifier: MIT
# Completion of kimi-proxy for bash, which the command does itself.

_kimi_proxy() {
	local words=() i word line begun

	# Bash breaks words at = and :, the command does not.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((${#words[@]} > 0)) &&
			[[ $word == [=:]* || ${words[-1]} == *[=:] ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	begun=${words[-1]}
	begun=${begun%"${begun##*[=:]}"}
	COMPREPLY=()
	while IFS= read -r line; do
		line=${line%%$'\t'*}
		line=${line#"$begun"}
		COMPREPLY+=("$(printf %q "$line")")
	done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
}

complete -o default -F _kimi_proxy kimi-proxy
