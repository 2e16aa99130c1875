"""What messages say, in the languages of operators."""

from __future__ import annotations

from sagui_pipelines.alarms.settings import Language

_ENGLISH = {
    # frame of every message
    "warning": "Warning",
    "error": "Problem",
    "all_clear": "All clear",
    "worsened": "It got worse:",
    "what": "What",
    "fact": "Fact",
    "remedy": "What to do",
    "source": "Concerns",
    "since": "Since",
    "until": "Until",
    "lasted": "Lasted",
    "affected": "Seen first with",
    "runbook": "Runbook",
    "look": "Look at it",
    "nothing_to_do": "Nothing is left to do.",
    "no_repeat": "This message is not repeated; an all-clear follows when it is over.",
    "test_title": "Test message",
    "test_fact": "Somebody tried whether messages arrive. This one did.",
    "test_remedy": "Nothing is to be done.",
    # what is reported
    "step_failed": "{step} failed",
    "run_failed": "Job {job} failed",
    "run_died": "The run ended without a failed step: {reason}",
    "no_reason": "no reason was recorded",
    "look_at_run": "Open the run in Dagster and read the error of the step; once the cause is gone, run it again.",
    "check_failed": "{asset}: check {check} failed",
    "check_fact": "The check did not pass.",
    "check_remedy": "Open the check in Dagster: it shows what it found.",
    "series_overdue": "{series}: data are late",
    "series_overdue_fact": "The newest day is {newest}; {expected} is due since {due}. Days missing: {missed}.",
    "series_remedy": "Look at the newest runs of the daily job in Dagster: a red step says why. No run at all: "
    "look whether the schedule runs.",
    "also_late": "Late as well: {others}.",
    "daemon_silent": "Dagster's daemon is silent",
    "daemon_silent_fact": "No heartbeat for {minutes} minutes from: {daemons}. Nothing is started, repeated or reported.",
    "daemon_unknown_fact": "Its heartbeats cannot be read: {reasons}.",
    "daemon_remedy": "Run `make status` (or `docker compose ps`), read the log of `daemon`, start it again.",
    "webserver_down": "The Dagster UI does not answer",
    "webserver_remedy": "Read the log of `webserver` and start it again. Runs go on without it.",
    "database_down": "The database does not answer",
    "database_remedy": "Read the log of `database`, look at the disk, start it again. What failed meanwhile is repeated.",
    "edge_down": "Map tiles are not delivered",
    "edge_remedy": "Read the logs of `varnish` and `tileserv`: readers see no map, or an old one.",
    "disk_full": "The disk is nearly full",
    "disk_full_fact": "{folder}: {free_gb} GB free, {free_percent} %. Below {limit} % nothing may be lost, but soon.",
    "disk_remedy": "Free space: old logs, copies and backups first; `du -xh --max-depth=2` finds the large folders.",
    "backend_down": "The age of the data is unknown",
    "backend_remedy": "Read the log of `backend` and start it again.",
}
_FRENCH = {
    "warning": "Avertissement",
    "error": "Problème",
    "all_clear": "Retour à la normale",
    "worsened": "Aggravation :",
    "what": "Objet",
    "fact": "Constat",
    "remedy": "Que faire",
    "source": "Concerne",
    "since": "Depuis",
    "until": "Jusqu'à",
    "lasted": "Durée",
    "affected": "Vu d'abord avec",
    "runbook": "Consignes",
    "look": "Voir",
    "nothing_to_do": "Il n'y a plus rien à faire.",
    "no_repeat": "Ce message n'est pas répété ; un autre annoncera le retour à la normale.",
    "test_title": "Message d'essai",
    "test_fact": "Quelqu'un a vérifié que les messages arrivent. Celui-ci est arrivé.",
    "test_remedy": "Il n'y a rien à faire.",
    "step_failed": "Échec de {step}",
    "run_failed": "Échec du job {job}",
    "run_died": "L'exécution s'est arrêtée sans étape en échec : {reason}",
    "no_reason": "aucune raison n'a été enregistrée",
    "look_at_run": "Ouvrez l'exécution dans Dagster et lisez l'erreur de l'étape ; la cause écartée, relancez-la.",
    "check_failed": "{asset} : échec du contrôle {check}",
    "check_fact": "Le contrôle n'est pas passé.",
    "check_remedy": "Ouvrez le contrôle dans Dagster : il montre ce qu'il a trouvé.",
    "series_overdue": "{series} : données en retard",
    "series_overdue_fact": "Le jour le plus récent est {newest} ; {expected} est attendu depuis {due}. "
    "Jours manquants : {missed}.",
    "series_remedy": "Regardez les dernières exécutions du job quotidien dans Dagster : une étape rouge dit pourquoi. "
    "Aucune exécution : vérifiez que la planification est active.",
    "also_late": "En retard aussi : {others}.",
    "daemon_silent": "Le démon de Dagster ne répond plus",
    "daemon_silent_fact": "Aucun signe de vie depuis {minutes} minutes de : {daemons}. Plus rien n'est lancé, répété "
    "ni signalé.",
    "daemon_unknown_fact": "Ses signes de vie ne peuvent être lus : {reasons}.",
    "daemon_remedy": "Lancez `make status` (ou `docker compose ps`), lisez le journal de `daemon`, redémarrez-le.",
    "webserver_down": "L'interface de Dagster ne répond pas",
    "webserver_remedy": "Lisez le journal de `webserver` et redémarrez-le. Les exécutions continuent sans lui.",
    "database_down": "La base de données ne répond pas",
    "database_remedy": "Lisez le journal de `database`, vérifiez le disque, redémarrez-la. Ce qui a échoué entre-temps "
    "est repris.",
    "edge_down": "Les tuiles de la carte ne sont pas servies",
    "edge_remedy": "Lisez les journaux de `varnish` et `tileserv` : le public ne voit pas de carte, ou une ancienne.",
    "disk_full": "Le disque est presque plein",
    "disk_full_fact": "{folder} : {free_gb} Go libres, {free_percent} %. Sous {limit} %, rien n'est encore perdu, mais "
    "cela ne tardera pas.",
    "disk_remedy": "Libérez de la place : d'abord vieux journaux, copies et sauvegardes ; `du -xh --max-depth=2` montre "
    "les gros dossiers.",
    "backend_down": "L'âge des données est inconnu",
    "backend_remedy": "Lisez le journal de `backend` et redémarrez-le.",
}
_PORTUGUESE = {
    "warning": "Aviso",
    "error": "Problema",
    "all_clear": "Tudo normalizado",
    "worsened": "Agravou-se:",
    "what": "Assunto",
    "fact": "Fato",
    "remedy": "O que fazer",
    "source": "Refere-se a",
    "since": "Desde",
    "until": "Até",
    "lasted": "Duração",
    "affected": "Visto primeiro com",
    "runbook": "Instruções",
    "look": "Ver",
    "nothing_to_do": "Não há mais nada a fazer.",
    "no_repeat": "Esta mensagem não se repete; outra avisará quando tudo voltar ao normal.",
    "test_title": "Mensagem de teste",
    "test_fact": "Alguém verificou se as mensagens chegam. Esta chegou.",
    "test_remedy": "Não há nada a fazer.",
    "step_failed": "{step} falhou",
    "run_failed": "A tarefa {job} falhou",
    "run_died": "A execução terminou sem etapa com falha: {reason}",
    "no_reason": "nenhum motivo foi registrado",
    "look_at_run": "Abra a execução no Dagster e leia o erro da etapa; removida a causa, execute-a de novo.",
    "check_failed": "{asset}: a verificação {check} falhou",
    "check_fact": "A verificação não passou.",
    "check_remedy": "Abra a verificação no Dagster: ela mostra o que encontrou.",
    "series_overdue": "{series}: dados atrasados",
    "series_overdue_fact": "O dia mais recente é {newest}; {expected} é esperado desde {due}. Dias que faltam: {missed}.",
    "series_remedy": "Veja as últimas execuções da tarefa diária no Dagster: uma etapa vermelha diz o motivo. Nenhuma "
    "execução: veja se o agendamento está ativo.",
    "also_late": "Também atrasados: {others}.",
    "daemon_silent": "O daemon do Dagster está em silêncio",
    "daemon_silent_fact": "Nenhum sinal de vida há {minutes} minutos de: {daemons}. Nada é iniciado, repetido nem "
    "comunicado.",
    "daemon_unknown_fact": "Seus sinais de vida não podem ser lidos: {reasons}.",
    "daemon_remedy": "Execute `make status` (ou `docker compose ps`), leia o registro de `daemon`, reinicie-o.",
    "webserver_down": "A interface do Dagster não responde",
    "webserver_remedy": "Leia o registro de `webserver` e reinicie-o. As execuções continuam sem ele.",
    "database_down": "O banco de dados não responde",
    "database_remedy": "Leia o registro de `database`, veja o disco, reinicie-o. O que falhou nesse tempo é repetido.",
    "edge_down": "Os blocos do mapa não são entregues",
    "edge_remedy": "Leia os registros de `varnish` e `tileserv`: o público não vê o mapa, ou vê um antigo.",
    "disk_full": "O disco está quase cheio",
    "disk_full_fact": "{folder}: {free_gb} GB livres, {free_percent} %. Abaixo de {limit} % nada se perdeu ainda, mas "
    "falta pouco.",
    "disk_remedy": "Libere espaço: primeiro registros, cópias e backups antigos; `du -xh --max-depth=2` mostra as pastas "
    "grandes.",
    "backend_down": "A idade dos dados é desconhecida",
    "backend_remedy": "Leia o registro de `backend` e reinicie-o.",
}
CATALOGUES: dict[Language, dict[str, str]] = {
    Language.ENGLISH: _ENGLISH,
    Language.FRENCH: _FRENCH,
    Language.PORTUGUESE: _PORTUGUESE,
}
_SERIES: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {
        "hyfaa_data_mgbstandard": "flow (model only)",
        "hyfaa_data_assimilated": "flow (with satellite levels)",
        "hyfaa_data_forecast": "flow forecast",
        "sagui_rainfall": "rain",
    },
    Language.FRENCH: {
        "hyfaa_data_mgbstandard": "débit (modèle seul)",
        "hyfaa_data_assimilated": "débit (avec niveaux satellite)",
        "hyfaa_data_forecast": "prévision de débit",
        "sagui_rainfall": "pluie",
    },
    Language.PORTUGUESE: {
        "hyfaa_data_mgbstandard": "vazão (somente modelo)",
        "hyfaa_data_assimilated": "vazão (com níveis de satélite)",
        "hyfaa_data_forecast": "previsão de vazão",
        "sagui_rainfall": "chuva",
    },
}


def say(language: Language, text: str, **values: object) -> str:
    """One text of the catalogue with its values filled in."""
    return CATALOGUES[language][text].format(**values)


def name_of(language: Language, table: str) -> str:
    """What people call a series; an unknown table keeps its name."""
    return _SERIES[language].get(table, table)
