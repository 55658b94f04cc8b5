# Patriot's commands. GNU Make 3.81 and any POSIX shell suffice; without make, see README.md.

ifdef PORT
export PORT
endif
python = .venv/bin/python

.PHONY: help demo run stop test prove check bench install clean

help:
	@echo 'make demo    see a report made of invented news: http://127.0.0.1:8000 (PORT=... for another)'
	@echo 'make run     the same on your own sources, configured by .env'
	@echo 'make stop    stop whatever of Patriot still runs in this clone'
	@echo 'make test    run the tests'
	@echo 'make prove   run the long forms of proofs whose short forms are among the tests'
	@echo 'make check   format, lint, types, import contracts, migrations, templates'
	@echo 'make audit   ask what is known to be wrong with the pinned packages (needs a network)'
	@echo 'make bench   measure speed and quality'
	@echo 'make sbom    list what it is made of: sbom.cdx.json'
	@echo 'make install make .venv and install what Patriot runs on'
	@echo 'make requirements  compile the .in files anew'
	@echo 'make clean   remove .venv and caches; your data in .patriot stay'

install:
	@sh .ci/install

.PHONY: install-dev
install-dev:
	@sh .ci/install dev

demo: install
	@exec $(python) manage.py demo

run: install
	@exec $(python) manage.py up

stop: install
	@exec $(python) manage.py down

test: install-dev
	@unset PYTHONDONTWRITEBYTECODE; \
	exec $(python) -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

# Says of each proof what it counted.
prove: install-dev
	@unset PYTHONDONTWRITEBYTECODE; \
	exec $(python) -m pytest -q -n auto -m prove -rP --durations=0 --durations-min=1

check: install-dev
	@if grep -nE '://|^ *--(index|extra-index|find-links)' requirements*.txt; then \
	  echo 'The requirements must name no host.'; exit 1; fi
	$(python) -m ruff format --check .
	$(python) -m ruff check .
	$(python) -m mypy .
	.venv/bin/lint-imports
	$(python) -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(python) -m djlint --lint --quiet templates

# Not part of `check`: what others found out since changes nothing about a change, and needs a network.
.PHONY: audit
audit: install-dev
	@bash .ci/audit

# One table at the end; bench.json is for the record.
bench: install-dev
	@exec $(python) benchmarks/_all.py --json bench.json

.PHONY: sbom
sbom: install
	@$(python) -W "ignore:No directory at" manage.py sbom sbom.cdx.json && echo sbom.cdx.json

# After editing a .in file. The output names no host and installs with plain pip too.
.PHONY: requirements
requirements: install-dev
	@set -e; for name in requirements requirements-local requirements-traces requirements-dev requirements-uv requirements-audit; do \
	  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header $$name.in --output-file $$name.txt; done

clean:
	@if [ -x $(python) ]; then $(python) manage.py down || true; fi
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
